"""How the database came to be, step by step; run by Alembic whenever one is opened."""
