"""The sections of the Admin page, one module each: what it shows, and the routes that its forms post to."""
