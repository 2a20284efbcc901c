/* SPDX-License-Identifier: ISC */

/*
 * What is a host name, and is it the same one? form_fault alone knows the
 * form; names from the configuration, from a policy and from the wire all
 * end there. Names that people write are lowered and their U-labels put into
 * A-labels first, by libidn2. What is no host name is refused in words.
 */

#include "policy/host.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <netinet/in.h>
#include <string.h>

#include "base/err.h"
#include "base/quote.h"

#define LABEL_MAX 63
#define TEXT_MAX  (4 * HOST_MAX) /* UTF-8: four bytes a character at most */

#define FORM " (RFC 8461 section 3.2)"
#define SIZE " (RFC 1035 section 2.3.4)"

static const char is_empty[] = "is empty where a host name belongs" FORM;
static const char is_address[] = "is an IP address, not a host name" FORM;
static const char dot_first[] = "begins with a dot" FORM;
static const char dot_last[] = "ends with a dot" FORM;
static const char dots[] = "has two dots in a row" FORM;
static const char hyphen[] =
    "has a label that begins or ends with a hyphen" FORM;
static const char one_label[] =
    "is a single label; a host name has at least two" FORM;
static const char star_one_label[] =
    "has a single label after its star; at least two belong there" FORM;
static const char star[] = "has a star; an mx may have one, as its whole "
                           "left-most label (RFC 8461 section 4.1)";
static const char long_label[] = "has a label of more than 63 bytes" SIZE;
static const char long_name[] = "is longer than 253 bytes" SIZE;
static const char no_character[] =
    "has a character that no host name may have (UTS 46)";
static const char no_alabel[] =
    "has an xn-- label that is no A-label (RFC 5890 section 2.3.2.1)";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What is wrong with an ASCII byte that is not of a host name. */
static const char *byte_fault(char c)
{
	if (c == '_')
		return "has an underscore; a host name has letters, digits "
		       "and hyphens" FORM;
	if (c == '*')
		return star;
	if (c == ' ' || (c >= '\t' && c <= '\r'))
		return "has white space in it" FORM;
	if ((unsigned char)c < ' ' || c == 0x7f)
		return "has a control character in it" FORM;
	return "has a character other than letters, digits and hyphens" FORM;
}

static const char *label_fault(const char *label, size_t len)
{
	if (len == 0)
		return dots;
	if (len > LABEL_MAX)
		return long_label;
	if (label[0] == '-' || label[len - 1] == '-')
		return hyphen;
	return NULL;
}

/* Numbers at the end make resolvers take the whole for an address. */
static const char *number_fault(const char *name, size_t len)
{
	size_t digits = 0, others = 0;

	while (digits < len && is_digit(name[len - 1 - digits]))
		digits++;
	if (digits == 0 || name[len - 1 - digits] != '.')
		return NULL;
	for (size_t i = 0; i < len; i++)
		others += !is_digit(name[i]) && name[i] != '.';
	if (others == 0)
		return is_address;
	return "ends in a number; no domain does (RFC 3696 section 2)";
}

/* NULL: a host name in the form that the header describes; or words. */
static const char *form_fault(const char *name, size_t len)
{
	size_t start = 0, labels = 0;

	if (len == 0)
		return is_empty;
	for (size_t i = 0; i < len; i++)
		if (!is_ldh(name[i]) && name[i] != '.')
			return byte_fault(name[i]);
	if (name[0] == '.')
		return dot_first;
	if (name[len - 1] == '.')
		return dot_last;
	for (size_t i = 0; i <= len; i++) {
		const char *words;

		if (i < len && name[i] != '.')
			continue;
		words = label_fault(name + start, i - start);
		if (words != NULL)
			return words;
		start = i + 1;
		labels++;
	}
	if (len > HOST_MAX)
		return long_name;
	return labels < 2 ? one_label : number_fault(name, len);
}

bool host_is_valid(const char *name, size_t len)
{
	return form_fault(name, len) == NULL;
}

bool host_from_wire(const char *name, size_t len, char ret_host[HOST_MAX + 1])
{
	char low[HOST_MAX + 1];

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len > HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		low[i] = lower(name[i]);
	if (!host_is_valid(low, len))
		return false;
	memcpy(ret_host, low, len);
	ret_host[len] = '\0';
	return true;
}

static const char *idn_words(int rc, bool ascii)
{
	switch (rc) {
	case IDN2_MALLOC:
		return "cannot be judged for want of memory";
	case IDN2_ENCODING_ERROR:
		return "is not UTF-8" FORM;
	case IDN2_TOO_BIG_LABEL:
	case IDN2_PUNYCODE_BIG_OUTPUT:
		return long_label;
	case IDN2_TOO_BIG_DOMAIN:
		return long_name;
	case IDN2_2HYPHEN:
		return "has hyphens in third and fourth place of a label "
		       "(RFC 5891 section 4.2.3.1)";
	case IDN2_HYPHEN_STARTEND:
		return hyphen;
	case IDN2_LEADING_COMBINING:
		return "has a label that begins with a combining mark "
		       "(RFC 5891 section 4.2.3.2)";
	case IDN2_CONTEXTJ:
	case IDN2_CONTEXTO:
		return "has a character where it may not stand "
		       "(RFC 5892 appendix A)";
	case IDN2_BIDI:
		return "has a label that mixes directions of writing "
		       "(RFC 5893 section 2)";
	default:
		return ascii ? no_alabel : no_character;
	}
}

/*
 * Where it should refuse by IDN2_USE_STD3_ASCII_RULES libidn2 drops the
 * character in silence, and without it 2.3.3 lets U+2260 pass. So it is asked
 * in both ways, and what does not come out the same is refused.
 */
static const char *convert(char name[TEXT_MAX + 1], bool ascii)
{
	static const int strict =
	    IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES;
	char *plain = NULL, *checked = NULL;
	const char *words = NULL;
	int rc = idn2_to_ascii_8z(name, &plain, IDN2_NONTRANSITIONAL);

	if (rc == IDN2_OK)
		words = form_fault(plain, strlen(plain));
	if (rc == IDN2_OK && words == NULL)
		rc = idn2_to_ascii_8z(name, &checked, strict);
	if (rc != IDN2_OK)
		words = idn_words(rc, ascii);
	else if (words == NULL && strcmp(plain, checked) != 0)
		words = no_character;
	if (words == NULL)
		memcpy(name, plain, strlen(plain) + 1);
	idn2_free(plain);
	idn2_free(checked);
	return words;
}

/* Lower-case name to A-labels, in place; one without U-labels as it is. */
static const char *to_a_labels(char name[TEXT_MAX + 1])
{
	bool ascii = true;

	for (const char *c = name; *c != '\0'; c++) {
		if ((unsigned char)*c >= 0x80)
			ascii = false;
		else if (!is_ldh(*c) && *c != '.')
			return byte_fault(*c);
	}
	if (ascii && strncmp(name, "xn--", 4) != 0 &&
	    strstr(name, ".xn--") == NULL)
		return NULL;
	return convert(name, ascii);
}

/* Something else that people put where a host name belongs. */
static const char *kind_fault(const char *text)
{
	const char *colon = strchr(text, ':');
	struct in6_addr ip;

	if (strstr(text, "://") != NULL)
		return "is a URL, not a host name" FORM;
	if (text[0] == '[' || inet_pton(AF_INET6, text, &ip) == 1)
		return is_address;
	if (strchr(text, '@') != NULL)
		return "is a mail address, not a host name" FORM;
	if (colon != NULL && colon[1] != '\0' &&
	    colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		return "has a port, and a host name has none" FORM;
	return NULL;
}

static const char *judge(const char *text, char ret_host[HOST_MAX + 1])
{
	const char *words = kind_fault(text);
	char name[TEXT_MAX + 1];
	size_t len = strlen(text);

	if (words != NULL)
		return words;
	if (len > TEXT_MAX)
		return long_name;
	memcpy(name, text, len + 1);
	for (size_t i = 0; i < len; i++)
		name[i] = lower(name[i]);
	words = to_a_labels(name);
	if (words == NULL)
		words = form_fault(name, strlen(name));
	if (words == NULL)
		memcpy(ret_host, name, strlen(name) + 1);
	return words;
}

static const char *judge_pattern(
    const char *text, char ret_pattern[HOST_MAX + 1])
{
	char host[HOST_MAX + 1];
	const char *words;

	if (strncmp(text, "*.", 2) != 0)
		return judge(text, ret_pattern);
	words = judge(text + 2, host);
	if (words == is_empty)
		return star;
	if (words == dot_first)
		return dots;
	if (words == one_label)
		return star_one_label;
	if (words == NULL && strlen(host) + 2 > HOST_MAX)
		return long_name;
	if (words == NULL) {
		memcpy(ret_pattern, "*.", 2);
		memcpy(ret_pattern + 2, host, strlen(host) + 1);
	}
	return words;
}

typedef const char *judge_fn(const char *text, char ret_name[HOST_MAX + 1]);

/* The name that is in a URL, behind a star, before a port and so on. */
static bool find_name(
    const char *text, judge_fn *judge_name, char ret_name[HOST_MAX + 1])
{
	static const char space[] = " \t\r\n";
	const char *scheme = strstr(text, "://"), *at, *from;
	char name[TEXT_MAX + 2];
	size_t len;

	from = scheme != NULL ? scheme + 3 : text + strspn(text, space);
	at = memchr(from, '@', strcspn(from, "/?#"));
	if (at != NULL)
		from = at + 1;
	if (judge_name == judge && strncmp(from, "*.", 2) == 0)
		from += 2;
	if (judge_name == judge && from[0] == '.')
		from++;
	len = strcspn(from, "/?#:");
	while (len > 0 && strchr(" \t\r\n.", from[len - 1]) != NULL)
		len--;
	if (len == 0 || len > TEXT_MAX)
		return false;
	/* Postfix writes a leading dot where an mx has a star. */
	name[0] = '*';
	memcpy(name + 1, from, len);
	name[len + 1] = '\0';
	return judge_name(from[0] == '.' ? name : name + 1, ret_name) == NULL;
}

static int refuse(
    const char *text, judge_fn *judge_name, const char *words, struct err *err)
{
	char quoted[QUOTE_MAX], meant[QUOTE_MAX], name[HOST_MAX + 1];

	quote_text(text, quoted);
	if (!find_name(text, judge_name, name)) {
		err_set(err, "%s %s", quoted, words);
		return -1;
	}
	quote_text(name, meant);
	err_set(err, "%s %s: did you mean %s?", quoted, words, meant);
	return -1;
}

int host_from_text(
    const char *text, char ret_host[HOST_MAX + 1], struct err *err)
{
	const char *words = judge(text, ret_host);

	return words == NULL ? 0 : refuse(text, judge, words, err);
}

int pattern_from_text(
    const char *text, char ret_pattern[HOST_MAX + 1], struct err *err)
{
	const char *words = judge_pattern(text, ret_pattern);

	return words == NULL ? 0 : refuse(text, judge_pattern, words, err);
}

bool pattern_covers(const char *pattern, const char *host)
{
	const char *rest = strchr(host, '.');

	if (strncmp(pattern, "*.", 2) != 0)
		return strcmp(pattern, host) == 0;
	return rest != NULL && rest != host && strcmp(pattern + 1, rest) == 0;
}

bool host_is_below(const char *host, const char *domain)
{
	size_t len = strlen(host), tail = strlen(domain);

	return len > tail && host[len - tail - 1] == '.' &&
	       strcmp(host + len - tail, domain) == 0;
}
