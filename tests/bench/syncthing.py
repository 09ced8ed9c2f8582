"""Two Syncthings in a lab that know each other's identity and address and nothing else: nothing is
announced, looked up, relayed or mapped. They start anew for each run, with an empty index.

The seconds begin when the source lies in the shared folder and a scan of it is asked for, with
both programs started and connected, and end when the receiver tells that it lacks nothing:
signing in is not counted, hashing the source is."""

import http.client
import json
import shutil
import socket
import subprocess
import time
import xml.etree.ElementTree as Xml

PORT = 22000
KEY = "key-of-the-bench"
FOLDER = "bench"
PATIENCE = 300 # seconds
OPTIONS = {
    "globalAnnounceEnabled": "false", "localAnnounceEnabled": "false", "relaysEnabled": "false",
    "natEnabled": "false", "crashReportingEnabled": "false", "startBrowser": "false",
    "urAccepted": "-1", "autoUpgradeIntervalH": "0", "reconnectionIntervalS": "1",
}


class UnixConnection(http.client.HTTPConnection):
    """The programs answer at a path, which is the same in every network namespace."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


class End:
    def __init__(self, host, home):
        self.host, self.home = host, home
        self.shared = home / "shared"
        self.process = None
        subprocess.run(["syncthing", "generate", "--home", home, "--no-default-folder",
                        "--skip-port-probing"], check=True, capture_output=True)
        self.id = subprocess.run(["syncthing", "serve", "--home", home, "--device-id"], check=True,
                                 capture_output=True, text=True).stdout.strip()

    def know(self, other, address):
        config = Xml.parse(self.home / "config.xml")
        root = config.getroot()
        options = root.find("options")
        for name in ("listenAddress", *OPTIONS):
            for old in options.findall(name):
                options.remove(old)
        for name, value in {**OPTIONS, "listenAddress": f"tcp://{self.host.address}:{PORT}"}.items():
            Xml.SubElement(options, name).text = value
        root.find("gui/address").text = str(self.home / "socket")
        root.find("gui/apikey").text = KEY
        device = Xml.SubElement(root, "device", id=other.id, name="other")
        Xml.SubElement(device, "address").text = address
        folder = Xml.SubElement(root, "folder", id=FOLDER, path=str(self.shared),
                                type="sendreceive", rescanIntervalS="0", fsWatcherEnabled="false")
        for end in (self, other):
            Xml.SubElement(folder, "device", id=end.id)
        config.write(self.home / "config.xml")

    def start(self):
        for old in self.home.glob("index-*"):
            shutil.rmtree(old)
        self.shared.mkdir()
        with open(self.home / "out", "wb") as out:
            self.process = self.host.start("syncthing", "serve", "--home", self.home,
                                           "--no-browser", "--no-restart", stdout=out, stderr=out)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.shared)

    def ask(self, what, method="GET"):
        connection = UnixConnection(self.home / "socket")
        try:
            connection.request(method, f"/rest/{what}", headers={"X-API-Key": KEY})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"syncthing, {what}: {answer.status} {body.decode()}")
            return json.loads(body) if method == "GET" else None
        finally:
            connection.close()

    def is_idle(self):
        try:
            return self.state()["state"] == "idle"
        except (OSError, http.client.HTTPException, KeyError, RuntimeError):
            return False # not started yet

    def is_connected(self, other):
        if not self.is_idle():
            return False
        return self.ask("system/connections")["connections"][other.id]["connected"]

    def state(self):
        return self.ask(f"db/status?folder={FOLDER}")


def until(true, what):
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"syncthing: {what} did not come about")
        time.sleep(0.02)


def synchronise(sender, receiver, source, target):
    receiver.start()
    until(receiver.is_idle, "a start")
    sender.start()
    until(lambda: sender.is_connected(receiver) and receiver.is_connected(sender), "a connection")
    files = sum(p.is_file() for p in source.rglob("*")) if source.is_dir() else 1

    def is_whole():
        state = receiver.state()
        return (state["localFiles"], state["needTotalItems"], state["state"]) == (files, 0, "idle")

    lying = source.rename(sender.shared / source.name)
    try:
        started = time.monotonic()
        sender.ask(f"db/scan?folder={FOLDER}", "POST")
        until(is_whole, "the whole source at the receiver")
        seconds = time.monotonic() - started
    finally:
        lying.rename(source)
    (receiver.shared / source.name).rename(target / source.name)
    sender.stop()
    receiver.stop()
    return seconds


def runs(near, far, folder, _options):
    if not shutil.which("syncthing"):
        return {}, {"syncthing": "not installed"}
    sender, receiver = End(near, folder / "syncthing-near"), End(far, folder / "syncthing-far")
    # Both dial from the port they listen at: at the same moment, each would take the other for
    # the server.
    sender.know(receiver, f"tcp://{far.address}:{PORT}")
    receiver.know(sender, "dynamic")
    return {"syncthing": lambda source, target: synchronise(sender, receiver, source, target)}, {}
