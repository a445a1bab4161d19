"""The page of `oddsmith learn`: JavaScript, style and words in files of their own, and what makes one page of them."""

from oddsmith.learn.page import is_page, page, write_page

__all__ = ["is_page", "page", "write_page"]
