"""Plain UDP sockets on the machines of a lab, told step by step what to do."""

import json
import sys

# A UDP socket that does as it is told: one JSON command a line, one JSON answer a line.
SOCKET = r"""
import json, socket, sys
v6 = sys.argv[2] == "6"
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("::" if v6 else "0.0.0.0", int(sys.argv[1])))
print("bound", flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if "ttl" in command:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, command["ttl"])
    if "to" in command:
        s.sendto(command["say"].encode(), tuple(command["to"]))
    heard = None
    if "wait" in command:
        s.settimeout(command["wait"])
        try:
            data, source = s.recvfrom(2048)
            heard = [data.decode(), source[0], source[1]]
        except OSError: # nothing came, or an ICMP error did
            pass
    print(json.dumps(heard), flush=True)
"""
PORT = 47100
SHORT = 0.3 # seconds; what is not there after so long in a network of little delay will not come
LONG = 5


class Socket:
    def __init__(self, host, port=PORT, ipv6=False):
        self.host = host
        self.process = host.start(sys.executable, "-c", SOCKET, str(port), "6" if ipv6 else "4",
                                  stdin=-1, stdout=-1, text=True)
        assert self.process.stdout.readline() == "bound\n"

    def do(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def send(self, words, address, port=PORT, **more):
        self.do(say=words, to=[address, port], **more)

    def hear(self, wait=LONG):
        return self.do(wait=wait)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
