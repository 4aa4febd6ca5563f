//! What is said about a finding, for people.

use campotech_core::{Localized, kinds};

use super::finding::Finding;

impl Finding {
    pub(super) const fn detail(self) -> Localized {
        match self {
            Self::UriLength => kinds::URI_TOO_LONG.detail,
            Self::PathPercent | Self::PathPercentU | Self::PathDoubleEncoding => text(
                "The path is not percent-encoded as RFC 3986 has it.",
                "La ruta no está codificada como indica RFC 3986.",
            ),
            Self::QueryPercent | Self::QueryPercentU => text(
                "The query is not percent-encoded as RFC 3986 has it.",
                "La consulta no está codificada como indica RFC 3986.",
            ),
            Self::PathUtf8 => text("The path is not UTF-8.", "La ruta no está en UTF-8."),
            Self::QueryUtf8 => text("The query is not UTF-8.", "La consulta no está en UTF-8."),
            Self::PathControl => {
                text("The path holds control characters.", "La ruta contiene caracteres de control.")
            }
            Self::QueryControl => {
                text("The query holds control characters.", "La consulta contiene caracteres de control.")
            }
            Self::PathTraversal => {
                text("The path holds dot segments.", "La ruta contiene segmentos de puntos.")
            }
            Self::QueryTraversal => {
                text("The query holds dot segments.", "La consulta contiene segmentos de puntos.")
            }
            Self::PathSeparator => text(
                "The path holds encoded separators or dots, or a backslash.",
                "La ruta contiene separadores o puntos codificados, o una barra invertida.",
            ),
            Self::QueryDuplicate => text("A parameter is there twice.", "Un parámetro está repetido."),
            Self::HeaderDuplicate(_) => text("The header is there twice.", "El encabezado está repetido."),
            Self::HeaderHost => text("The Host header is missing.", "Falta el encabezado Host."),
            Self::HeaderFraming => text(
                "Content-Length and Transfer-Encoding don't go together.",
                "Content-Length y Transfer-Encoding no van juntos.",
            ),
            Self::JsonUtf8 => text("The body is not UTF-8.", "El cuerpo no está en UTF-8."),
            Self::JsonBom => {
                text("The body begins with a byte order mark.", "El cuerpo comienza con una marca BOM.")
            }
            Self::JsonSyntax => text("The body is not JSON.", "El cuerpo no es JSON."),
            Self::JsonTrailing => text("Something follows the JSON.", "Hay algo después del JSON."),
            Self::JsonSurrogate => text("Half a surrogate pair.", "Medio par sustituto."),
            Self::JsonDepth => text("Nested too deep.", "Demasiados niveles de anidamiento."),
            Self::JsonNodes => text("Too many values.", "Demasiados valores."),
            Self::JsonKeyLength => text("The name is too long.", "El nombre es demasiado largo."),
            Self::JsonStringLength => text("The text is too long.", "El texto es demasiado largo."),
            Self::JsonDuplicate => text("The member is there twice.", "El miembro está repetido."),
            Self::JsonArrayLength => text("Too many elements.", "Demasiados elementos."),
            Self::JsonNumberLength => text("The number is too long.", "El número es demasiado largo."),
            Self::JsonPrototype => text("The name is reserved.", "El nombre está reservado."),
            Self::FormPercent | Self::FormPercentU => text(
                "The form is not percent-encoded as RFC 3986 has it.",
                "El formulario no está codificado como indica RFC 3986.",
            ),
            Self::FormUtf8 => text("The form is not UTF-8.", "El formulario no está en UTF-8."),
            Self::FormControl => {
                text("The form holds control characters.", "El formulario contiene caracteres de control.")
            }
            Self::FormFields => text("Too many fields.", "Demasiados campos."),
            Self::FormNameLength => {
                text("The name of a field is too long.", "El nombre de un campo es demasiado largo.")
            }
            Self::FormValueLength => text("A field is too long.", "Un campo es demasiado largo."),
            Self::FormDuplicate => text("A field is there twice.", "Un campo está repetido."),
            Self::MultipartBoundary => {
                text("The boundary is not as RFC 2046 has it.", "El delimitador no es como indica RFC 2046.")
            }
            Self::MultipartSyntax => text(
                "The body is not multipart as RFC 2046 has it.",
                "El cuerpo no está en partes como indica RFC 2046.",
            ),
            Self::MultipartParts => text("Too many parts.", "Demasiadas partes."),
            Self::MultipartHeader => text(
                "The headers of a part are malformed or too long.",
                "Los encabezados de una parte están mal formados o son demasiado largos.",
            ),
            Self::MultipartName => text(
                "A part has no single name, or one that is too long.",
                "Una parte no tiene un único nombre, o es demasiado largo.",
            ),
            Self::MultipartFilename => text(
                "The name of a file is a path, or can be read in two ways.",
                "El nombre de un archivo es una ruta, o se puede leer de dos maneras.",
            ),
            Self::MultipartText => {
                text("The text of a part is too long.", "El texto de una parte es demasiado largo.")
            }
            Self::MultipartUtf8 => {
                text("The text of a part is not UTF-8.", "El texto de una parte no está en UTF-8.")
            }
            Self::MultipartControl => text(
                "The text of a part holds control characters.",
                "El texto de una parte contiene caracteres de control.",
            ),
            Self::MultipartEncoding => text(
                "A part has a transfer encoding, or another charset than UTF-8.",
                "Una parte tiene una codificación de transferencia, u otro juego de caracteres que UTF-8.",
            ),
            Self::MultipartNested => text("A part has parts itself.", "Una parte tiene partes a su vez."),
            Self::BodyType => kinds::UNSUPPORTED_MEDIA_TYPE.detail,
            Self::Attack(_) => text("The request looks like an attack.", "La solicitud parece un ataque."),
        }
    }
}

const fn text(en: &'static str, es: &'static str) -> Localized {
    Localized { en, es, es_ar: es }
}
