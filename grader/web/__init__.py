"""The grader in a browser: blueprints that translate, call and render.

settings, app       how it is set up; security: what holds for every answer; session: who asks
pages               templates, and what all of them know
account, home       signing in; courses and assignments
"""
