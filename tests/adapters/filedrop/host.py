"""A billing host in a few lines: takes order files away, writes acknowledgements and invoices as its layout says."""

from pathlib import Path

from adapters.filedrop.layout import Layout

LAYOUT = Path("adapters/filedrop/layout.yaml").resolve()
NUMBERS = {"978": 100, "392": 1}


def comma(minor, currency="978"):
    """Write minor units as the host does: a decimal comma, and no decimals where the currency has none."""
    return f"{minor / 100:.2f}".replace(".", ",") if NUMBERS[currency] == 100 else str(minor)


class Host:
    """Reads `outbox`, writes `inbox`. What it shall do wrong is set on it before it works."""

    def __init__(self, folder, encoding="cp1252"):
        self.folder, self.layout, self.encoding = folder, Layout.load(LAYOUT, encoding), encoding
        for name in ("outbox", "inbox", "journal"):
            (folder / name).mkdir()
        self.charges, self.taken, self.reject = {}, [], {}
        self.invoices, self.references = 0, {}  # file → whose it is
        self.shows = {}  # reference → what is wrong with the answers to its files

    def work(self):
        """Take away every file that has its name, and answer it."""
        for file, records in self.waiting():
            self.taken.append(file.name)
            file.unlink()
            assert records[0][0] == "H" and records[-1] == ("T", {"count": str(len(records) - 2)})
            self._work(file.stem, records[1:-1], self.shows.get(self.references[file.name]))

    def waiting(self):
        """Return each file that waits in the outbox, with its records."""
        found = [
            (file, self.layout.orders.read(file.read_bytes(), file.name))
            for file in sorted((self.folder / "outbox").glob("*.DAT"))
        ]
        self.references |= {file.name: records[0][1]["reference"] for file, records in found}
        return found

    def _work(self, stem, records, shown):
        if shown == "nonsense":
            (self.folder / "inbox" / f"{stem}.ACK").write_bytes(b"<html>password=hunter2</html>\r\n")
            return
        lines = []
        for mark, said in records:
            due = [one for one in self.charges.values() if one["account"] == said.get("account") and not one["invoice"]]
            if mark == "B" and not due:
                lines.append({"line": said["line"], "status": "REJ", "reason": "R09"})
            elif mark == "B":
                self.write(stem, "INV", self.layout.invoices, [self._invoice(said, due)])
                lines += due
            elif shown == "refused" and said["item"] == "1":
                lines.append({"line": said["line"], "item": "1", "status": "REJ", "reason": "R02"})
            else:
                lines.append(self._answer(mark, said))
        status = {"status": "PEN"} if shown == "unknown-code" else {}
        self.write(stem, "ACK", self.layout.charges, [one | status for one in lines])

    def write(self, stem, ending, table, rows, header=None):
        """Write one answer, whole."""
        text = ";".join(header or table.columns) + "\r\n"
        text += "".join(";".join(str(row.get(name, "")) for name in table.columns) + "\r\n" for row in rows)
        (self.folder / "inbox" / f"{stem}.{ending}").write_bytes(f"{text}#END;{len(rows)}\r\n".encode(self.encoding))

    def answer(self):
        """Return the path of the only acknowledgement."""
        (file,) = (self.folder / "inbox").glob("*.ACK")
        return file

    def _answer(self, mark, said):
        reason = self.reject.get(said.get("item")) or self.reject.get(mark)
        base = {"line": said["line"], "item": said.get("item", ""), "status": "REJ" if reason else "OK"}
        if reason or mark in {"E", "B"}:
            return base | {"reason": reason or ""}
        if mark == "S":
            return base | self.charges.pop(said["charge"])
        number = f"C{len(self.charges) + 1:05}"
        net = int(said["amount"] or 0)
        if said["kind"] == "D":
            first = next(one for one in reversed(self.charges.values()) if one["item"] == said["item"])
            net = -(net or first["minor"] * int(said["permille"]) // 1000)
            base |= {"reduces": first["charge"]}
        tax, day = int(said["tax"]), said["day"]
        self.charges[number] = base | {
            "charge": number,
            "minor": net,
            "account": said["account"],
            "product": said["product"],
            "kind": said["kind"],
            "text": said["text"],
            "net": comma(net, said["currency"]),
            "gross": comma(net + net * tax // 1000, said["currency"]),
            "currency": said["currency"],
            "permille": tax,
            "from": f"{day[6:]}.{day[4:6]}.{day[:4]}",
            "until": "31.12.9999",
            "invoice": "",
        }
        return self.charges[number]

    def _invoice(self, said, due):
        number, self.invoices = 900 + self.invoices, self.invoices + 1
        for one in due:
            one["invoice"] = f"I{number}"
        minor = sum(one["minor"] for one in due)
        gross = comma(minor + minor * 200 // 1000)
        return {
            "invoice": f"I{number}",
            "number": f"2026/{number}",
            "account": said["account"],
            "customer": "CUST-1001",
            "state": "V",
            "date": "05.04.2026",
            "due": "19.04.2026",
            "from": "01.03.2026",
            "until": "31.03.2026",
            "net": comma(minor),
            "gross": gross,
            "currency": "978",
            "permille": 200,
            "channel": "post",
            "posted": gross,
        }
