//! What can be found, what it is worth, and how it is named.

/// A kind of attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Attack {
    /// SQL injection.
    Sqli,
    /// Script in HTML, in an attribute or in another script.
    Xss,
    /// A path out of where paths lead.
    Traversal,
    /// A command for a shell.
    Command,
    /// An expression for a template engine.
    Template,
    /// A lookup for a logger, as that of `Log4Shell`.
    Lookup,
    /// A document type or an entity in XML.
    Xxe,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Sqli, Self::Xss, Self::Traversal, Self::Command, Self::Template, Self::Lookup, Self::Xxe];

    /// The closed label that an observer is told: `detect.sqli` ...
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Sqli => "detect.sqli",
            Self::Xss => "detect.xss",
            Self::Traversal => "detect.traversal",
            Self::Command => "detect.command",
            Self::Template => "detect.template",
            Self::Lookup => "detect.lookup",
            Self::Xxe => "detect.xxe",
        }
    }
}

macro_rules! rules {
    ($( $name:ident = $attack:ident, $score:literal, $id:literal, $meaning:literal; )*) => {
        /// A rule of detection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Rule {
            $( #[doc = $meaning] $name, )*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$( Self::$name ),*];

            /// The stable id, such as `sqli.union`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $( Self::$name => $id, )* }
            }

            /// What it finds.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $( Self::$name => $meaning, )* }
            }

            /// What it adds to a request's score: 5 critical, 4 error, 3 warning, 2 notice.
            #[must_use]
            pub const fn score(self) -> u32 {
                match self { $( Self::$name => $score, )* }
            }

            /// The kind of attack that it belongs to.
            #[must_use]
            pub const fn attack(self) -> Attack {
                match self { $( Self::$name => Attack::$attack, )* }
            }
        }
    };
}

rules! {
    SqlUnion = Sqli, 5, "sqli.union", "`UNION SELECT` with what it selects";
    SqlStacked = Sqli, 5, "sqli.stacked", "a whole statement after the end of another";
    SqlClause = Sqli, 5, "sqli.clause", "`INTO OUTFILE`, `PROCEDURE x()`, `WAITFOR DELAY`";
    SqlSubselect = Sqli, 5, "sqli.subselect", "a subselect";
    SqlFunction = Sqli, 5, "sqli.function", "a call that reads, waits or tells by errors";
    SqlStatement = Sqli, 5, "sqli.statement", "a whole `SELECT` statement";
    SqlSelect = Sqli, 4, "sqli.select", "what may be a whole statement";
    SqlTautology = Sqli, 5, "sqli.tautology", "a condition added to the statement";
    SqlTest = Sqli, 3, "sqli.test", "what may be a condition or an order";
    SqlOrder = Sqli, 5, "sqli.order", "`ORDER BY` or `GROUP BY` a position after a closed string";
    SqlLogic = Sqli, 3, "sqli.logic", "`AND` or `OR` and a value";
    SqlOperator = Sqli, 3, "sqli.operator", "an operator between a closed string and a value";
    SqlComment = Sqli, 5, "sqli.comment", "the rest of the statement hidden after a closed string";
    SqlHidden = Sqli, 4, "sqli.hidden", "text after a closed string and a comment mark";
    SqlMark = Sqli, 2, "sqli.mark", "the same after a digit: feet, inches, minutes";
    SqlInline = Sqli, 3, "sqli.inline", "comments between the words of a condition";
    XssTag = Xss, 5, "xss.tag", "an element that runs or loads";
    XssHandler = Xss, 5, "xss.handler", "an event handler";
    XssUrl = Xss, 5, "xss.url", "a URL that runs";
    XssStyle = Xss, 5, "xss.style", "a style that runs or loads";
    XssScript = Xss, 5, "xss.script", "a script's call after a closed string, or in brackets";
    XssCall = Xss, 4, "xss.call", "a script's call";
    XssMarkup = Xss, 3, "xss.markup", "an element with attributes";
    XssElement = Xss, 2, "xss.element", "an element";
    PathUp = Traversal, 5, "traversal.up", "dot segments";
    PathOnce = Traversal, 3, "traversal.once", "a dot segment in a sentence";
    PathDots = Traversal, 5, "traversal.dots", "segments of dots in a row";
    PathFile = Traversal, 5, "traversal.file", "a file that is no business of a value";
    PathScheme = Traversal, 5, "traversal.scheme", "a scheme that reads files";
    CommandChain = Command, 5, "command.chain", "a command after a separator of the shell";
    CommandWord = Command, 3, "command.word", "what may be a command after a separator";
    CommandSubstitution = Command, 5, "command.substitution", "a command in backticks or `$()`";
    CommandProgram = Command, 5, "command.program", "the path of a program";
    CommandShellshock = Command, 5, "command.shellshock", "a function for a shell's environment";
    TemplateExpression = Template, 5, "template.expression", "an expression in a template's brackets";
    TemplateObject = Template, 5, "template.object", "the inside of a language's objects";
    TemplateTag = Template, 4, "template.tag", "a tag of a template engine";
    LookupJndi = Lookup, 5, "lookup.jndi", "a JNDI lookup, whatever it is hidden in";
    LookupNested = Lookup, 5, "lookup.nested", "a lookup in a lookup, or of the environment";
    XmlEntity = Xxe, 5, "xxe.entity", "an entity or an external document type";
    XmlInclude = Xxe, 5, "xxe.include", "an inclusion in XML";
}

/// Rules that fired, each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSet(u64);

impl RuleSet {
    /// No rule.
    pub const NONE: Self = Self(0);

    pub(super) const fn add(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u8;
    }

    pub(in crate::inspect) const fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a rule fired.
    #[must_use]
    pub const fn has(self, rule: Rule) -> bool {
        self.0 >> rule as u8 & 1 == 1
    }

    /// Whether nothing fired.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The score: the sum of the rules' scores, of the kind of attack with the most. Weak signs of different attacks don't
    /// add up to one.
    #[must_use]
    pub fn score(self) -> u32 {
        Attack::ALL.into_iter().map(|attack| self.score_of(attack)).max().unwrap_or(0)
    }

    /// The sum of the scores of one kind of attack.
    #[must_use]
    pub fn score_of(self, attack: Attack) -> u32 {
        self.iter().filter(|rule| rule.attack() == attack).map(Rule::score).sum()
    }

    /// The rules, in the order of [`Rule::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(move |rule| self.has(*rule))
    }

    /// The kind of attack that the score is of; the first in the order of [`Attack::ALL`] where several have it.
    #[must_use]
    pub fn attack(self) -> Option<Attack> {
        if self.is_empty() {
            return None;
        }
        Attack::ALL.into_iter().rev().max_by_key(|attack| self.score_of(*attack))
    }
}
