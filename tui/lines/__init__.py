"""From values to lines of text: pure, no Textual, no colours. A line is spans of (text, role); a theme draws roles.

Prevents: screens that can only be tested by looking at them, and meaning that is told by colour alone.
"""
