//! Patterns of text, in what ECMA-262 and the dialects of others share: no code point above U+FFFF, no look-around.

/// Not blank, one line, no character that is no text; space around it is taken away, so it may be any.
pub(crate) const ONE_LINE: &str = r"^\s*[^\s\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]*\s*$";

/// Any number of lines of the same, none at all among them.
pub(crate) const LINES: &str = r"^\s*[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]*\s*$";
