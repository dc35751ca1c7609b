<?php
// The provisioning system of the adapter's WSDL by PHP's own SOAP engine. Its services are in a file of JSON.
ini_set('soap.wsdl_cache_enabled', '0');
date_default_timezone_set('Europe/Berlin');

class Provisioning
{
    private const PARTS = ['serviceId', 'status', 'serviceType', 'productRef', 'downRate', 'upRate', 'rateUnit', 'ipAddress'];

    private function all(): array
    {
        $file = getenv('STORE');
        return is_file($file) ? json_decode(file_get_contents($file), true) : [];
    }

    private function keep(array $row, string $order, string $item): array
    {
        $all = $this->all();
        $row['changedAt'] = date('d.m.Y H:i:s');
        $row['marks'][] = [$order, $item];
        $all[$row['serviceId']] = $row;
        file_put_contents(getenv('STORE'), json_encode($all), LOCK_EX);
        return ['service' => [$this->shown($row, $order, $item)]];
    }

    private function shown(array $row, string $order, string $item): array
    {
        $own = array_intersect_key($row, array_flip(self::PARTS));
        return $own + ['orderRef' => $order, 'itemRef' => $item, 'changedAt' => $row['changedAt']];
    }

    private function known(string $id): array
    {
        $row = $this->all()[$id] ?? null;
        if ($row === null) {
            throw new SoapFault('Client.NoService', "no service $id");
        }
        return $row;
    }

    public function FindServices($asked): array
    {
        $found = [];
        foreach ($this->all() as $row) {
            foreach ($row['marks'] as [$order, $item]) {
                $fits = (!isset($asked->orderRef) || $asked->orderRef === $order)
                    && (!isset($asked->itemRef) || $asked->itemRef === $item)
                    && (!isset($asked->productRef) || $asked->productRef === ($row['productRef'] ?? null));
                if ($fits) {
                    $found[] = $this->shown($row, $order, $item);
                }
            }
        }
        return ['service' => $found];
    }

    public function CreateService($asked): array
    {
        if (($asked->site ?? '') === 'NOWHERE') {
            throw new SoapFault('Client.NoPort', 'no port at that site');
        }
        if (($asked->site ?? '') === 'BUSY') {
            throw new SoapFault('Server.Busy', 'come again');
        }
        $row = (array) $asked + ['serviceId' => 'PHP-' . (count($this->all()) + 1), 'status' => 'RUNNING', 'marks' => []];
        return $this->keep($row, $asked->orderRef, $asked->itemRef);
    }

    public function ChangeService($asked): array
    {
        $row = array_merge($this->known($asked->serviceId), (array) $asked);
        return $this->keep($row, $asked->orderRef, $asked->itemRef);
    }

    public function SetStatus($asked): array
    {
        $row = ['status' => $asked->status] + $this->known($asked->serviceId);
        return $this->keep($row, $asked->orderRef, $asked->itemRef);
    }

    public function TestService($asked): array
    {
        $row = array_intersect_key($this->known($asked->serviceId), array_flip(['status', 'downRate', 'upRate', 'rateUnit']));
        return ['test' => $row + ['testId' => uniqid('T-'), 'testedAt' => date('d.m.Y H:i:s')]];
    }
}

$server = new SoapServer(getenv('WSDL'));
$server->setClass('Provisioning');
$server->handle();
