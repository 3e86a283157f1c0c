import random
import tempfile
import zlib

from flask import Flask, render_template

app = Flask(__name__, template_folder='templates', static_folder='static')


@app.route('/')
def home():
    with tempfile.NamedTemporaryFile() as file:
        random_num = zlib.crc32(file.name.encode()) % 100000 + 1
    return render_template('base.html', random_number=random_num)


if __name__ == '__main__':
    app.run(host='0.0.0.0', port=random.randint(2000, 9000))
