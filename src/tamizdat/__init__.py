"""Tamizdat: get evidence out past people who search bags, and publish it so that anyone can check it."""
