"""Running the shop: logs, health, the demo's launcher, and the servers it brings along."""
