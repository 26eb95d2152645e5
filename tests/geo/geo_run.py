# SPDX-License-Identifier: Apache-2.0
"""One run of geo_rows, and the slow way to the same answers: the longest prefix among networks in a dict."""

import ipaddress
import subprocess


def run(program, country, autonomous, addresses):
    """{address: (country or '-', AS or '-')}; raises RuntimeError with the message where a file is refused."""
    text = "".join(f"{address}\n" for address in addresses)
    done = subprocess.run([program, country or "-", autonomous or "-"], input=text, capture_output=True, text=True,
                          timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")
    return {address: tuple(rest) for address, *rest in (line.split("\t") for line in done.stdout.splitlines())}


class Networks:
    """Networks with values; find() gives that of the longest prefix."""

    def __init__(self):
        self.by_length = {4: {}, 6: {}}

    def add(self, network, value):
        network = ipaddress.ip_network(network)
        shift = network.max_prefixlen - network.prefixlen
        lengths = self.by_length[network.version]
        lengths.setdefault(network.prefixlen, {})[int(network.network_address) >> shift] = value

    def find(self, address, default=None):
        lengths = self.by_length[address.version]
        for length in sorted(lengths, reverse=True):
            key = int(address) >> (address.max_prefixlen - length)
            if key in lengths[length]:
                return lengths[length][key]
        return default


def differences(found, expected, most=10):
    """Sentences about addresses ({address: value} twice) that differ."""
    wrong = [f"{address}: {found.get(address)} found, {value} expected" for address, value in expected.items()
             if found.get(address) != value]
    return wrong[:most] + ([f"... {len(wrong)} differences of {len(expected)}"] if len(wrong) > most else [])
