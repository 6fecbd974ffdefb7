"""What domains have in common that turn a user's files into examples, whatever the files hold."""
