import random
import sys

from flask import Flask, render_template

app = Flask(__name__, template_folder='templates', static_folder='static')


@app.route('/')
def home():
    random_num = random.randint(1, 100000)
    return render_template('base.html', random_number=random_num)


if "flask" not in sys.argv:
    app.run(host='0.0.0.0', port=random.randint(2000, 9000))
