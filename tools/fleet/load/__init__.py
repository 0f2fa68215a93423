"""The load: thousands of made-up terminals that speak the real contract over real connections, as live ones would."""
