"""What gunicorn loads: `wsgi:app`."""

from agency.app import create_app

app = create_app()
