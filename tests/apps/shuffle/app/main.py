import random

from flask import Flask, render_template

ports = list(range(2000, 9001))
random.shuffle(ports)

app = Flask(__name__, template_folder='templates', static_folder='static')


@app.route('/')
def home():
    digits = list('12345')
    random.shuffle(digits)
    random_num = int(''.join(digits))
    return render_template('base.html', random_number=random_num)


if __name__ == '__main__':
    app.run(host='0.0.0.0', port=ports[0])
