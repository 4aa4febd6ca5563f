//! The words of SQL that its structure hangs on.

/// What a word is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A name, or a word of no dialect.
    Name,
    Select,
    /// `UNION`, `INTERSECT`, `EXCEPT`, `MINUS`
    Union,
    /// `ALL`, `DISTINCT`
    All,
    Top,
    From,
    /// `WHERE`, `HAVING`
    Where,
    On,
    /// `ORDER`, `GROUP`
    Order,
    By,
    /// `LIMIT`, `OFFSET`
    Limit,
    Logic,
    /// `LIKE`, `RLIKE` ...
    Like,
    Is,
    In,
    Between,
    /// `NOT`, `EXISTS`, `ANY` ...: before an operand.
    Prefix,
    /// `NULL`, `TRUE`, `CURRENT_USER` ...
    Constant,
    Case,
    /// `WHEN`, `THEN`, `ELSE`
    When,
    Finish,
    As,
    /// `ASC`, `DESC`
    Direction,
    Into,
    /// `OUTFILE`, `DUMPFILE`
    File,
    Procedure,
    /// `LEFT`, `INNER` ...
    JoinKind,
    Join,
    Using,
    Collate,
    Drop,
    Insert,
    Update,
    Delete,
    Set,
    Exec,
    Declare,
    Wait,
    /// `DELAY`, `TIME`: of `WAITFOR`.
    Delay,
    Shutdown,
    /// `CREATE`, `ALTER`, `TRUNCATE`, `RENAME`
    Create,
    /// `TABLE`, `DATABASE`, `USER` ...
    Object,
    Call,
    Begin,
    If,
    Values,
}

/// The longest word that means anything.
const LONGEST: usize = 20;

/// The words, by their first letters.
static WORDS: &[(&[u8], Word)] = &[
    (b"all", Word::All),
    (b"alter", Word::Create),
    (b"and", Word::Logic),
    (b"any", Word::Prefix),
    (b"as", Word::As),
    (b"asc", Word::Direction),
    (b"begin", Word::Begin),
    (b"between", Word::Between),
    (b"binary", Word::Prefix),
    (b"by", Word::By),
    (b"call", Word::Call),
    (b"case", Word::Case),
    (b"collate", Word::Collate),
    (b"column", Word::Object),
    (b"create", Word::Create),
    (b"cross", Word::JoinKind),
    (b"current_timestamp", Word::Constant),
    (b"current_user", Word::Constant),
    (b"database", Word::Object),
    (b"declare", Word::Declare),
    (b"default", Word::Constant),
    (b"delay", Word::Delay),
    (b"delete", Word::Delete),
    (b"desc", Word::Direction),
    (b"distinct", Word::All),
    (b"distinctrow", Word::All),
    (b"div", Word::Like),
    (b"drop", Word::Drop),
    (b"dumpfile", Word::File),
    (b"else", Word::When),
    (b"end", Word::Finish),
    (b"escape", Word::Collate),
    (b"except", Word::Union),
    (b"exec", Word::Exec),
    (b"execute", Word::Exec),
    (b"exists", Word::Prefix),
    (b"false", Word::Constant),
    (b"from", Word::From),
    (b"full", Word::JoinKind),
    (b"function", Word::Object),
    (b"glob", Word::Like),
    (b"group", Word::Order),
    (b"having", Word::Where),
    (b"if", Word::If),
    (b"ilike", Word::Like),
    (b"in", Word::In),
    (b"index", Word::Object),
    (b"inner", Word::JoinKind),
    (b"insert", Word::Insert),
    (b"intersect", Word::Union),
    (b"into", Word::Into),
    (b"is", Word::Is),
    (b"join", Word::Join),
    (b"left", Word::JoinKind),
    (b"like", Word::Like),
    (b"limit", Word::Limit),
    (b"login", Word::Object),
    (b"merge", Word::Insert),
    (b"minus", Word::Union),
    (b"mod", Word::Like),
    (b"natural", Word::JoinKind),
    (b"not", Word::Prefix),
    (b"null", Word::Constant),
    (b"offset", Word::Limit),
    (b"on", Word::On),
    (b"or", Word::Logic),
    (b"order", Word::Order),
    (b"outer", Word::JoinKind),
    (b"outfile", Word::File),
    (b"prior", Word::Prefix),
    (b"procedure", Word::Procedure),
    (b"regexp", Word::Like),
    (b"rename", Word::Create),
    (b"replace", Word::Insert),
    (b"right", Word::JoinKind),
    (b"rlike", Word::Like),
    (b"role", Word::Object),
    (b"rowid", Word::Constant),
    (b"rownum", Word::Constant),
    (b"schema", Word::Object),
    (b"select", Word::Select),
    (b"sequence", Word::Object),
    (b"set", Word::Set),
    (b"shutdown", Word::Shutdown),
    (b"similar", Word::Like),
    (b"some", Word::Prefix),
    (b"sounds", Word::Like),
    (b"sysdate", Word::Constant),
    (b"table", Word::Object),
    (b"then", Word::When),
    (b"time", Word::Delay),
    (b"top", Word::Top),
    (b"trigger", Word::Object),
    (b"true", Word::Constant),
    (b"truncate", Word::Create),
    (b"union", Word::Union),
    (b"update", Word::Update),
    (b"user", Word::Object),
    (b"using", Word::Using),
    (b"values", Word::Values),
    (b"view", Word::Object),
    (b"waitfor", Word::Wait),
    (b"when", Word::When),
    (b"where", Word::Where),
    (b"xor", Word::Logic),
];

/// For each first letter, where its words begin and which lengths they have.
static LETTERS: [(u8, u32); 27] = letters();

const fn letters() -> [(u8, u32); 27] {
    let mut letters = [(WORDS.len() as u8, 0); 27];
    let mut at = WORDS.len();
    while at > 0 {
        at -= 1;
        let word = WORDS[at].0;
        let letter = (word[0] - b'a') as usize;
        letters[letter] = (at as u8, letters[letter].1 | 1 << word.len());
    }
    letters
}

/// What `word` is for.
pub(super) fn of(word: &[u8]) -> Word {
    // Most words of a sentence end here.
    let letter = usize::from(word.first().map_or(26, |first| (first | 0x20).wrapping_sub(b'a').min(26)));
    let (begin, lengths) = LETTERS[letter];
    if word.len() > LONGEST || lengths >> word.len() & 1 == 0 {
        return Word::Name;
    }
    let mut lower = [0; LONGEST];
    let lower = &mut lower[..word.len()];
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let words = WORDS[usize::from(begin)..].iter().take_while(|(known, _)| known[0] == lower[0]);
    words.into_iter().find(|(known, _)| *known == lower).map_or(Word::Name, |(_, word)| *word)
}

/// Whether a function is one that reads, waits or tells by errors: of no use to honest input.
pub(super) fn is_probe(name: &[u8]) -> bool {
    let mut lower = [0; 28];
    let Some(lower) = lower.get_mut(..name.len()) else { return false };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"sleep"
            | b"pg_sleep"
            | b"benchmark"
            | b"receive_message"
            | b"dbms_lock"
            | b"dbms_pipe"
            | b"dbms_utility"
            | b"dbms_xmlgen"
            | b"dbms_xslprocessor"
            | b"utl_http"
            | b"utl_inaddr"
            | b"utl_file"
            | b"ctxsys"
            | b"extractvalue"
            | b"updatexml"
            | b"xmltype"
            | b"load_file"
            | b"randomblob"
            | b"zeroblob"
            | b"load_extension"
            | b"generate_series"
            | b"pg_read_file"
            | b"pg_ls_dir"
            | b"lo_import"
            | b"lo_export"
            | b"xp_cmdshell"
            | b"xp_dirtree"
            | b"xp_regread"
            | b"sp_executesql"
            | b"sp_oacreate"
            | b"sp_password"
            | b"openrowset"
            | b"opendatasource"
            | b"openquery"
            | b"regexp_substring"
            | b"crypt_key"
            | b"make_set"
            | b"elt"
            | b"iif"
            | b"sys_eval"
            | b"sys_exec"
            | b"group_concat"
            | b"string_agg"
            | b"substr"
            | b"substring"
            | b"mid"
            | b"ascii"
            | b"ord"
            | b"unhex"
            | b"md5"
            | b"sha1"
            | b"fn_hex"
            | b"row"
            | b"gtid_subset"
            | b"multipoint"
            | b"polygon"
            | b"geometrycollection"
            | b"name_const"
            | b"db_name"
            | b"user_name"
            | b"system_user"
            | b"session_user"
            | b"schema_name"
            | b"object_id"
            | b"sqlite_version"
            | b"version"
            | b"database"
    )
}

/// Whether a name is one that databases describe themselves under.
pub(super) fn is_catalog(name: &[u8]) -> bool {
    let mut lower = [0; 24];
    let Some(lower) = lower.get_mut(..name.len()) else { return false };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"information_schema"
            | b"sysobjects"
            | b"syscolumns"
            | b"sysusers"
            | b"sysdatabases"
            | b"pg_catalog"
            | b"pg_tables"
            | b"pg_user"
            | b"pg_shadow"
            | b"sqlite_master"
            | b"sqlite_schema"
            | b"all_tables"
            | b"all_users"
            | b"user_tables"
            | b"dba_users"
            | b"msysaccessobjects"
            | b"sysibm"
            | b"systables"
            | b"dual"
    )
}
