"""Fits at many strengths of one penalty, and the choice among them by rows held out."""
