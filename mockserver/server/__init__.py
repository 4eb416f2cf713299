"""The ways in: Flask, WSGI, RSGI, the control interface and `threadmock serve`."""
