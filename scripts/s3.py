"""Two people, a picture and a bucket. `s3.py PROGRAM`; needs moto and boto3."""

import json, os, re, signal, socket, struct, subprocess, sys, tempfile, time, urllib.error, urllib.request, zlib

import boto3
from moto.server import ThreadedMotoServer

SECRET = "the host's own secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def png(width, height):
    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width * 3)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def call(method, url, body=None, kind="application/json", **headers):
    data = json.dumps(body).encode() if kind == "application/json" and body is not None else body
    request = urllib.request.Request(url, data, {"Content-Type": kind, **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def wait_for(process, log):
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:(\d+)", open(log).read())
        if found:
            return found.group(0)
        assert process.poll() is None, open(log).read()
        time.sleep(0.05)
    raise AssertionError(open(log).read())


def start(program, folder, settings):
    log = os.path.join(folder, "log")
    env = {**os.environ, **{f"SWITCHBOARD__{key}": value for key, value in settings.items()}}
    env.update(SWITCHBOARD__SERVER__PORT="0", SWITCHBOARD__AUTH__INTERNAL_SECRET=SECRET)
    env["SWITCHBOARD__DATABASE__URL"] = f"sqlite:{folder}/s3.db"
    with open(log, "w") as out:
        process = subprocess.Popen([program], cwd=folder, env=env, stdout=out, stderr=out)
    return process, wait_for(process, log)


def token(address, user, role):
    body = {"userId": user, "name": user, "role": role}
    status, answer, _ = call("POST", f"{address}/api/v1/tokens", body, **{"X-Internal-Secret": SECRET})
    assert status in (200, 201), answer
    return json.loads(answer)["token"]


def walk(address, bucket, picture):
    guest, staff = token(address, "gus", "customer"), token(address, "sam", "agent")
    mine, theirs = ({"Authorization": f"Bearer {who}"} for who in (guest, staff))
    messages = f"{address}/api/v1/messages"
    begin = {"type": "guest_staff", "participant_ids": ["sam"]}
    status, answer, _ = call("POST", f"{messages}/conversations", begin, **mine)
    assert status == 201, answer
    conversation = json.loads(answer)["id"]

    status, answer, _ = call("POST", f"{messages}/attachments?file_name=a.png", picture, "image/png", **mine)
    assert status == 201, answer
    file = json.loads(answer)["id"]
    named = sorted(item.key for item in bucket.objects.all())
    assert len(named) == 2 and all(key.startswith("chat/") and file in key for key in named), named

    text = {"conversation_id": conversation, "message_text": "look", "attachments": [file]}
    assert call("POST", f"{messages}/messages", text, **mine)[0] == 201
    status, answer, _ = call("GET", f"{messages}/conversations/{conversation}/messages", **theirs)
    shown = json.loads(answer)[0]["attachments"][0]
    for key in ("file_url", "thumbnail_url"):
        status, body, headers = call("GET", address + shown[key])
        assert status == 200 and headers["Content-Type"].startswith("image/"), (key, status, body[:200])
        assert (body == picture) == (key == "file_url"), key
    print("a picture lies in the bucket and comes back by a signed address, its small one too")

    bucket.objects.all().delete()
    status, body, _ = call("GET", address + shown["file_url"])
    assert status == 404, (status, body)
    bucket.delete()
    status, body, _ = call("POST", f"{messages}/attachments?file_name=b.png", picture, "image/png", **mine)
    assert status == 503 and json.loads(body)["error"]["code"] == "unavailable", (status, body)
    assert call("POST", f"{messages}/messages", {**text, "attachments": []}, **mine)[0] == 201
    print("without the bucket a file is refused as unavailable, and messages go on")


def main(program):
    port = free_port()
    place = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    place.start()
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "key"}
    client = boto3.resource("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1", **keys)
    bucket = client.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    settings = {
        "PLACE": "s3", "S3_BUCKET": "files", "S3_PREFIX": "chat", "S3_REGION": "eu-central-1",
        "S3_ENDPOINT": f"http://127.0.0.1:{port}", "S3_ACCESS_KEY_ID": "id", "S3_SECRET_ACCESS_KEY": "key",
    }
    with tempfile.TemporaryDirectory() as folder:
        process, address = start(program, folder, {f"ATTACHMENTS__{key}": value for key, value in settings.items()})
        try:
            walk(address, bucket, png(400, 300))
            assert not os.path.exists(os.path.join(folder, "data", "attachments")), "nothing lies on this machine"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    place.stop()


main(os.path.abspath(sys.argv[1]))
