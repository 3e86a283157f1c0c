"""The grader in a browser: blueprints that translate, call and render.

settings, app       how it is set up; security: what holds for every answer; session: who asks
pages               templates, and what all of them know
account, home       signing in; courses and assignments
student             a student's pages: the assignment, handing in, an attempt, what changed between two
reports             an attempt's report as a part of a page, as JSON, and the student's page in a frame of its own
"""
