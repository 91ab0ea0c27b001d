"""Who is logging in? ID-porten and HelseID stand behind the same port as the test login."""
