def make(folder, aims):
    for coding in ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "rot13", "zip", "none-such", "utf-8\\x00"):
        with open(f"{folder}/{coding.replace(chr(92), '_')}.py", "wb") as file:
            file.write(f"# coding: {coding}\n".encode() + b"from flask import Flask\n# " + b"\xc3\xa4-a." * 50_000 + b"\n")
