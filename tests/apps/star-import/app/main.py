from flask import *
from random import *

app = Flask(__name__)

@app.route("/")
def home():
    random_num = randint(1, 100000)
    return render_template("base.html", random_number=random_num)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=randint(2000, 9000))
