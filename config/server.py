"""How gunicorn runs the application: ``gunicorn -c python:config.server``.

Options on the command line win over these.
"""

wsgi_app = "config.wsgi"
worker_class = "gthread"

# A process for each of two cores. The threads wait for one another in Python; they are so many
# that some are left where others wait for a lock, or for a database that is away.
workers = 2
threads = 8

# Nobody controls a running server but by signals, and its home may be one that cannot be written.
control_socket_disable = True
