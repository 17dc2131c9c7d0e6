"""The pages, the API and their events: what a browser or a program sees and does of the running bot."""
