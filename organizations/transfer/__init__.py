"""What somebody owns passes on: to a department or to a person, who is called the heir."""
