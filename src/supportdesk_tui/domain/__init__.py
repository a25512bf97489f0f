"""What help desks are made of; standard library and the type SafeText only."""
