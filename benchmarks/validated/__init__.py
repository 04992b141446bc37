"""Do the plans of realistic fleets keep their targets when they are simulated, and what does it take?"""
