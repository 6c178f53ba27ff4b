"""Roles, their policies, and who may assume them."""
