//! HTML as a browser reads it: html5ever keeps to the algorithm of the standard, and here every element that it makes is written down.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{
    Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_document, parse_fragment,
};

/// An element that a browser makes of a text.
#[derive(Debug)]
pub(crate) struct Element {
    /// Its name, with its namespace if that is not HTML's.
    pub(crate) name: String,
    /// Its attributes.
    pub(crate) attributes: Vec<(String, String)>,
}

/// All that a browser makes of a text.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Elements, those that it adds by itself among them.
    pub(crate) elements: Vec<Element>,
    /// Comments, doctypes, processing instructions.
    pub(crate) others: usize,
}

/// What a browser makes of it as a document, and as the content of elements, with and without scripts.
pub(crate) fn read(html: &str) -> Vec<Made> {
    let mut all = Vec::new();
    for scripting in [true, false] {
        let mut opts = ParseOpts::default();
        opts.tree_builder.scripting_enabled = scripting;
        all.push(parse_document(Sink::default(), opts.clone()).one(html));
        for context in [local_name!("div"), local_name!("td"), local_name!("p"), local_name!("body")] {
            let context = QualName::new(None, ns!(html), context);
            all.push(parse_fragment(Sink::default(), opts.clone(), context, vec![], scripting).one(html));
        }
    }
    all
}

/// A node: an element, or something else.
type Node = Rc<Option<QualName>>;

#[derive(Default)]
struct Sink {
    made: RefCell<Made>,
}

impl Sink {
    fn element(&self, name: &QualName, attributes: &[Attribute]) {
        let qualified = |name: &QualName| match name.ns {
            ns!(html) | ns!() => name.local.to_string(),
            ref other => format!("{{{other}}}{}", name.local),
        };
        let attributes = attributes.iter().map(|one| (qualified(&one.name), one.value.to_string()));
        self.made
            .borrow_mut()
            .elements
            .push(Element { name: qualified(name), attributes: attributes.collect() });
    }

    fn other(&self) -> Node {
        self.made.borrow_mut().others += 1;
        Rc::new(None)
    }
}

// Where a node goes to makes no difference for which elements there are, but for the document's own.
impl TreeSink for Sink {
    type Handle = Node;
    type Output = Made;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Made {
        self.made.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Node {
        Rc::new(None)
    }

    fn elem_name<'a>(&'a self, target: &'a Node) -> ExpandedName<'a> {
        target.as_ref().as_ref().unwrap().expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Node {
        self.element(&name, &attributes);
        Rc::new(Some(name))
    }

    fn create_comment(&self, _: StrTendril) -> Node {
        self.other()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Node {
        self.other()
    }

    fn append(&self, _: &Node, _: NodeOrText<Node>) {}

    fn append_based_on_parent_node(&self, _: &Node, _: &Node, _: NodeOrText<Node>) {}

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {
        self.other();
    }

    fn get_template_contents(&self, _: &Node) -> Node {
        Rc::new(None)
    }

    fn same_node(&self, one: &Node, other: &Node) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, _: &Node, _: NodeOrText<Node>) {}

    fn add_attrs_if_missing(&self, target: &Node, attributes: Vec<Attribute>) {
        self.element(target.as_ref().as_ref().unwrap(), &attributes);
    }

    fn remove_from_parent(&self, _: &Node) {}

    fn reparent_children(&self, _: &Node, _: &Node) {}
}
