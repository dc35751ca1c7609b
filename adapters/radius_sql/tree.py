"""The configuration of a small FreeRADIUS of our own: one server that authorises by rows. One setting a line."""

from pathlib import Path

__all__ = ["write_tree"]

_MAIN = """\
prefix = /usr
raddbdir = {tree}
logdir = {tree}
run_dir = {tree}
name = radius
libdir = /usr/lib/freeradius
max_request_time = 10
hostname_lookups = no
log {{
    destination = files
    file = {tree}/radius.log
    auth = no
}}
security {{
    allow_core_dumps = no
    max_attributes = 200
    reject_delay = {delay:g}
    status_server = yes
}}
proxy_requests = no
client loopback {{
    ipaddr = 127.0.0.1
    secret = {secret}
    require_message_authenticator = no
}}
thread pool {{
    start_servers = 2
    max_servers = 8
    min_spare_servers = 1
    max_spare_servers = 4
}}
instantiate {{
    expr
}}
modules {{
    expr {{
    }}
    pap {{
        normalise = yes
    }}
    sql {{
        dialect = "postgresql"
        driver = "rlm_sql_postgresql"
        server = "127.0.0.1"
        port = {sql_port}
        login = "postgres"
        password = "{password}"
        radius_db = "radius"
        acct_table1 = "radacct"
        acct_table2 = "radacct"
        postauth_table = "radpostauth"
        authcheck_table = "radcheck"
        groupcheck_table = "radgroupcheck"
        authreply_table = "radreply"
        groupreply_table = "radgroupreply"
        usergroup_table = "radusergroup"
        client_table = "nas"
        group_attribute = "SQL-Group"
        read_groups = yes
        read_profiles = no
        read_clients = no
        delete_stale_sessions = yes
        sql_user_name = "%{{User-Name}}"
        pool {{
            start = 1
            min = 1
            max = 8
            spare = 1
            uses = 0
            retry_delay = 1
            lifetime = 0
            idle_timeout = 0
        }}
        $INCLUDE {tree}/queries.conf
    }}
}}
server isp {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {auth_port}
    }}
    authorize {{
        sql
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
    }}
}}
"""


def write_tree(
    tree: Path, schemas: Path, *, sql: tuple[int, str], radius: tuple[int, str], reject_delay_seconds: float
) -> Path:
    """Write a configuration tree and return it.

    `schemas` is where the installed FreeRADIUS keeps its queries; `sql` and `radius` are each a port and its secret.
    """
    tree.mkdir(mode=0o750, exist_ok=True)
    ports = {"sql_port": sql[0], "password": sql[1], "auth_port": radius[0], "secret": radius[1]}
    text = _MAIN.format(tree=tree, delay=reject_delay_seconds, **ports)
    (tree / "radiusd.conf").write_text(text)
    (tree / "radiusd.conf").chmod(0o640)
    (tree / "queries.conf").write_text((schemas / "main/postgresql/queries.conf").read_text())
    (tree / "dictionary").write_text("")
    return tree
