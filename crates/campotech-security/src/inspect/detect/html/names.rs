//! Names that browsers act on.

/// The longest name that is looked at.
const LONGEST: usize = 24;

fn lower<'a>(name: &[u8], buffer: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let lower = buffer.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    Some(lower)
}

/// Whether an element runs, loads or frames something, or changes how the page is read.
pub(super) fn is_active(name: &[u8]) -> bool {
    matches!(
        lower(name, &mut [0; LONGEST]),
        Some(
            b"script"
                | b"iframe"
                | b"object"
                | b"embed"
                | b"applet"
                | b"meta"
                | b"base"
                | b"link"
                | b"style"
                | b"frame"
                | b"frameset"
                | b"svg"
                | b"math"
                | b"bgsound"
                | b"layer"
                | b"ilayer"
                | b"xml"
                | b"isindex"
                | b"portal"
                | b"template"
                | b"noscript"
                | b"xss"
                | b"import"
                | b"animate"
                | b"animatetransform"
                | b"foreignobject"
        )
    )
}

/// Whether HTML has such an element.
pub(super) fn is_element(name: &[u8]) -> bool {
    matches!(
        lower(name, &mut [0; LONGEST]),
        Some(
            b"a" | b"abbr"
                | b"acronym"
                | b"address"
                | b"area"
                | b"article"
                | b"aside"
                | b"audio"
                | b"b"
                | b"bdo"
                | b"big"
                | b"blink"
                | b"blockquote"
                | b"body"
                | b"br"
                | b"button"
                | b"canvas"
                | b"caption"
                | b"center"
                | b"code"
                | b"col"
                | b"dd"
                | b"details"
                | b"dialog"
                | b"dir"
                | b"div"
                | b"dl"
                | b"dt"
                | b"em"
                | b"fieldset"
                | b"font"
                | b"footer"
                | b"form"
                | b"h1"
                | b"h2"
                | b"h3"
                | b"h4"
                | b"h5"
                | b"h6"
                | b"head"
                | b"header"
                | b"hr"
                | b"html"
                | b"i"
                | b"image"
                | b"img"
                | b"input"
                | b"ins"
                | b"kbd"
                | b"keygen"
                | b"label"
                | b"legend"
                | b"li"
                | b"listing"
                | b"main"
                | b"map"
                | b"marquee"
                | b"menu"
                | b"menuitem"
                | b"nav"
                | b"object"
                | b"ol"
                | b"optgroup"
                | b"option"
                | b"p"
                | b"param"
                | b"plaintext"
                | b"pre"
                | b"q"
                | b"s"
                | b"section"
                | b"select"
                | b"small"
                | b"source"
                | b"span"
                | b"strike"
                | b"strong"
                | b"sub"
                | b"summary"
                | b"sup"
                | b"table"
                | b"tbody"
                | b"td"
                | b"textarea"
                | b"tfoot"
                | b"th"
                | b"thead"
                | b"time"
                | b"title"
                | b"tr"
                | b"track"
                | b"tt"
                | b"u"
                | b"ul"
                | b"var"
                | b"video"
                | b"wbr"
                | b"xmp"
        )
    ) || is_active(name)
}

/// Whether an attribute holds a URL.
pub(super) fn is_url(name: &[u8]) -> bool {
    matches!(
        lower(name, &mut [0; LONGEST]),
        Some(
            b"href"
                | b"src"
                | b"action"
                | b"formaction"
                | b"background"
                | b"dynsrc"
                | b"lowsrc"
                | b"data"
                | b"xlink:href"
                | b"srcdoc"
                | b"srcset"
                | b"poster"
                | b"cite"
                | b"codebase"
                | b"classid"
                | b"code"
                | b"archive"
                | b"longdesc"
                | b"profile"
                | b"usemap"
                | b"manifest"
                | b"ping"
                | b"value"
                | b"content"
                | b"from"
                | b"to"
                | b"values"
                | b"url"
                | b"datasrc"
                | b"icon"
        )
    )
}

/// The stems of the events that HTML, SVG and old browsers know.
const EVENTS: &[&[u8]] = &[
    b"abort",
    b"activate",
    b"after",
    b"animation",
    b"auxclick",
    b"before",
    b"begin",
    b"beforeinput",
    b"blur",
    b"bounce",
    b"cancel",
    b"canplay",
    b"cellchange",
    b"change",
    b"click",
    b"close",
    b"command",
    b"contextmenu",
    b"controlselect",
    b"copy",
    b"cuechange",
    b"cut",
    b"data",
    b"dblclick",
    b"deactivate",
    b"drag",
    b"drop",
    b"durationchange",
    b"emptied",
    b"end",
    b"error",
    b"fetch",
    b"filterchange",
    b"finish",
    b"focus",
    b"form",
    b"fullscreen",
    b"gesture",
    b"gotpointer",
    b"hash",
    b"help",
    b"input",
    b"invalid",
    b"key",
    b"language",
    b"layoutcomplete",
    b"load",
    b"losecapture",
    b"lostpointer",
    b"media",
    b"message",
    b"mouse",
    b"move",
    b"offline",
    b"online",
    b"open",
    b"orientation",
    b"outofsync",
    b"page",
    b"paste",
    b"pause",
    b"play",
    b"pointer",
    b"popstate",
    b"progress",
    b"propertychange",
    b"ratechange",
    b"readystatechange",
    b"redo",
    b"repeat",
    b"reset",
    b"resize",
    b"resume",
    b"reverse",
    b"row",
    b"scroll",
    b"search",
    b"seek",
    b"select",
    b"show",
    b"slotchange",
    b"stalled",
    b"start",
    b"stop",
    b"storage",
    b"submit",
    b"suspend",
    b"syncrestored",
    b"time",
    b"toggle",
    b"touch",
    b"transition",
    b"undo",
    b"unhandledrejection",
    b"unload",
    b"urlflip",
    b"volumechange",
    b"waiting",
    b"webkit",
    b"wheel",
    b"zoom",
];

/// Whether an attribute is an event's handler.
pub(super) fn is_handler(name: &[u8]) -> bool {
    let mut buffer = [0; LONGEST];
    // What is longer than any of them is still one by its beginning.
    let Some(lower) = lower(name.get(..LONGEST).unwrap_or(name), &mut buffer) else { return false };
    lower.strip_prefix(b"on").is_some_and(|event| EVENTS.iter().any(|stem| event.starts_with(stem)))
}
