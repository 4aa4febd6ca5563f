//! What the costliest texts cost: a small stack, and memory in proportion.

use std::thread;

use campotech_validate::RichHtml;

type Note = RichHtml<65_536>;

/// As many of `pieces` as are taken, and text up to the limit of bytes behind them.
fn full(pieces: &[&str], fill: &str) -> String {
    let mut html = String::new();
    let mut tags = 0;
    for piece in pieces.iter().cycle() {
        tags += piece.matches('<').count();
        if tags > 1024 || html.len() + piece.len() > Note::BYTES {
            break;
        }
        html += piece;
    }
    let left = Note::BYTES.saturating_sub(html.len()) / fill.len();
    html + &fill.repeat(left)
}

/// The longest texts that are read, each of them bad in a way of its own.
fn worst() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (pieces, fill) in [
        (&["<div>"][..], "x"),
        (&["<b>"], "x"),
        (&["<b><i><u><s><em><code>"], "x"),
        (&["<blockquote>"], " x"),
        (&["<ul><li>"], "x\n"),
        (&["<p>x"], "&amp;"),
        (&["<p><b><i>x"], "&#120;"),
        (&["<table>"], "x"),
        (&["<table><tr><td>"], "x"),
        (&["<table>x", "<b>"], "x "),
        (&["<table>"], "&amp;x"),
        (&["<a href=https://example.com/>"], "x"),
        (&["<a href=https://example.com/><p>"], "x"),
        (&["<a href=https://example.com/><button>"], "x"),
        (&["<svg>"], "x"),
        (&["<math><mtext>"], "x"),
        (&["<svg><foreignObject>"], "x"),
        (&["<template>"], "x"),
        (&["<select><option>"], "x"),
        (&["<object>"], "x"),
        (&["<button><p>"], "x"),
        (&["</p>"], "x"),
        (&["</b>"], "x"),
        (&["<!-->"], "x"),
        (&["<span>"], "\u{e9}"),
        (&["<form>", "<input>"], "x"),
        (&["<b><div></b>"], "x"),
        (&["<nobr>"], "x"),
        (&["<li><div>"], "x"),
        (&["<ruby><rt>"], "x"),
        (&["<colgroup>"], " "),
        (&["<frameset>"], "x "),
    ] {
        all.push(full(pieces, fill));
    }
    // Each paragraph, cell or row opens every one of them again.
    let bold: String = (0..16).map(|n| format!("<b class={n}>")).collect();
    let wide = "<i><i><i><u><u><u><s><s><s><b class=x a b c d e f g h i j k l m n o>".to_owned();
    let plain = ["b", "i", "u", "s", "em", "code", "font", "big", "tt", "nobr"];
    let plain: String = plain.map(|name| format!("<{name}>").repeat(3)).concat();
    for left_open in [bold, wide, plain] {
        all.push(format!("<p>{left_open}{}", "<p>x".repeat(980)));
        all.push(format!("<p>{left_open}{}", "<p>x</b>".repeat(480)));
        all.push(format!("<div>{left_open}</div>{}", "<p>x</div>".repeat(480)));
        all.push(format!("<table>{left_open}{}", "<tr>x".repeat(980)));
        all.push(format!("<table>{left_open}{}", "x<tr>".repeat(980)));
        all.push(format!("<p>{left_open}<p>{}", "<a>x<div>".repeat(480)));
        all.push(format!("{left_open}{}", "</b><p>".repeat(480)));
    }
    let links = "<a href=https://example.com/ 1 2 3 4 5 6 7 8><div>".repeat(300);
    all.push(format!("<blockquote>{links}{}", "<p>x".repeat(300)));
    // Many attributes, long ones, references that never end.
    let attributes: String = (0..16).map(|n| format!(" a{n}")).collect();
    all.push(format!("<p{attributes}>").repeat(900));
    all.push(format!("<p title=\"{}\">", "x".repeat(4_000)).repeat(16));
    all.push("&CounterClockwiseContourIntegra".repeat(2_000));
    all.push("&#".repeat(32_000));
    all.push("&#x1111111111111111111111".repeat(2_500));
    all.push(format!("<script>{}", "</scrip>".repeat(1_000)));
    all.push(format!("<!--{}", "--!-".repeat(16_000)));
    all.push("n\u{303}".repeat(21_000));
    all
}

#[test]
fn the_costliest_texts_need_little_stack_and_memory() {
    for html in worst() {
        assert!(html.len() <= Note::BYTES, "{} bytes", html.len());
        let start: String = html.chars().take(60).collect();
        let read = move || {
            let mut outcome = None;
            let cost = allocation_counter::measure(|| outcome = Some(html.parse::<Note>()));
            (cost, outcome)
        };
        let thread = thread::Builder::new().stack_size(256 * 1024).spawn(read).unwrap();
        let (cost, outcome) = thread.join().unwrap_or_else(|_| panic!("{start}"));
        if let Err(violation) = outcome.unwrap() {
            let code = violation.code().name;
            assert!(["html.complex", "html.long", "length.min"].contains(&code), "{code}: {start}");
        }
        // It was read, not refused beforehand.
        assert!(cost.count_total > 20, "{start}");
        assert!(cost.bytes_max < 8 * 1024 * 1024, "{} bytes at once: {start}", cost.bytes_max);
        assert!(cost.count_total < 120_000, "{} allocations: {start}", cost.count_total);
    }
}

#[test]
fn what_would_cost_more_is_not_read() {
    let classes = |n: usize| (0..n).map(|class| format!("<b class={class}>")).collect::<String>();
    for html in [
        "x".repeat(Note::BYTES + 1),
        "<div>".repeat(13_000),
        "<b>".repeat(20_000),
        "<a>".repeat(20_000),
        "<table>".repeat(9_000),
        format!("<p>{}{}", classes(400), "<p>x".repeat(600)),
        format!("<b{}>x", (0..10_000).map(|n| format!(" {n}")).collect::<String>()),
        // A mark behind a `>` is one character with it, so that the tag goes on.
        "<p a b c d e f g h i j k l m>\u{338}".repeat(900),
        format!("<p title=\"{}\">x", "y".repeat(60_000)),
        format!("x</p{}>", (0..10_000).map(|n| format!(" {n}")).collect::<String>()),
    ] {
        let start: String = html.chars().take(60).collect();
        let mut code = "";
        let cost = allocation_counter::measure(|| code = html.parse::<Note>().unwrap_err().code().name);
        assert!(["html.complex", "html.long"].contains(&code), "{code}: {start}");
        assert!(cost.bytes_max < 2 * Note::BYTES as u64, "{} bytes: {start}", cost.bytes_max);
    }
}
