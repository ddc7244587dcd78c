"""What is read how often, and which readings a day's calls pay for."""
