"""Many submissions: all of them graded, each kept from the others, and nothing lost whatever happens."""
