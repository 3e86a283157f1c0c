import os

NAMES = [b"line\nend.py", b"\x1b[2J\x1b]0;x\x07.py", b"half\xff\xfe.html", "\u202egnp.py".encode(), b"$(id).py", b"`id`.txt",
         b"'; DROP TABLE x; --.txt", b"<script>alert(1)<|script>.html", b"-rf", b"--help", b"a" * 255, b"con.py", b"::error::x.txt",
         b"[red]x[|red].txt", b" .py", b"...", b"\xe2\x80\x8b.py", b"=cmd().csv"]


def make(folder, aims):
    for name in NAMES:
        os.close(os.open(os.path.join(os.fsencode(folder), name), os.O_CREAT | os.O_WRONLY))
