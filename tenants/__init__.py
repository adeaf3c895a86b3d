"""The ground floor: who is who, which rows they may touch, how much, and what happened."""
