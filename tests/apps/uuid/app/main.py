import uuid

from flask import Flask, render_template

app = Flask(__name__, template_folder='templates', static_folder='static')


@app.route('/')
def home():
    random_num = uuid.uuid4().int % 100000 + 1
    return render_template('base.html', random_number=random_num)


if __name__ == '__main__':
    app.run(host='0.0.0.0', port=2000 + uuid.uuid4().int % 7001)
