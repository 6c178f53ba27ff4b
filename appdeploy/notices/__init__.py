"""Notices: what people are told of a release by EventBridge, from where rules bring it to topics, pagers and chats."""
