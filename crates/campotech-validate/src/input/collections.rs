//! What may be absent, and what there may be many of.

use super::Input;
use crate::json::Node;
use crate::report::{Place, Violation, codes};
use crate::schema::{Definitions, Schema};

/// More items than this are refused before any is read, whatever the rules of the field say.
const ITEMS: usize = 1_000;

/// None where the member is absent or `null`.
impl<T: Input> Input for Option<T> {
    const OPTIONS: usize = T::OPTIONS + 1;
    const LIST: bool = T::LIST;

    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        match node {
            Node::Null => Some(None),
            node => T::read(node, place).map(Some),
        }
    }

    fn absent(_: &Place<'_>) -> Option<Self> {
        Some(None)
    }

    fn schema(definitions: &mut Definitions) -> Schema {
        T::schema(definitions).or_null()
    }
}

/// How many items a list has room for from the beginning.
const ROOM: usize = 16;

/// At most a thousand items; a rule such as `#[garde(length(max = 10))]` makes it fewer.
impl<T: Input> Input for Vec<T> {
    const LIST: bool = true;

    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        let Node::Array(nodes) = node else {
            place.report(Violation::new(&codes::TYPE).with("expected", "array"));
            return None;
        };
        if nodes.len() > ITEMS {
            place.report(Violation::new(&codes::LENGTH_MAX).with("max", ITEMS));
            return None;
        }
        let expected = nodes.len();
        // As many may be unreadable, and each large: nobody gets room for what isn't there.
        let mut items = Self::with_capacity(expected.min(ROOM));
        items.extend(
            nodes.into_iter().enumerate().filter_map(|(index, node)| T::read(node, &place.item(index))),
        );
        (items.len() == expected).then_some(items)
    }

    fn schema(definitions: &mut Definitions) -> Schema {
        Schema::of_type("array").with("items", T::schema(definitions)).with("maxItems", ITEMS)
    }
}
