/* SPDX-License-Identifier: ISC */

/*
 * libyaml's events, built into a tree. An alias is a second node over the same
 * children, so that aliases cost no memory; what they would cost in time is
 * weighed as if they were written out, and bounded. Each container hangs in
 * the tree from its first event on: what stands there when a fault ends the
 * parse is the partial tree.
 */

#include "config/yaml.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/quote.h"
#include "config/yaml_words.h"

#define DEPTH_MAX 32

/*
 * Values that all aliases of a file may stand for: a million, and ten for
 * each that is written out. A hundred thousand domains that share an anchor
 * of a hundred values stay below; a tower of anchors does not.
 */
#define EXPANDED_MAX       1000000
#define EXPANDED_PER_VALUE 10

struct anchor {
	const char *name;
	const struct node *node;
	size_t weight; /* its values, aliases written out; 0: still open */
};

struct frame {
	struct node *node;
	struct node *key; /* of a map: waits for its value */
	struct anchor *anchor;
	size_t room, weight;
};

struct parse {
	yaml_parser_t parser;
	struct arena *arena;
	struct faults *faults;
	const char *bytes, *file;
	size_t len;
	struct frame frames[DEPTH_MAX];
	size_t depth;
	void *anchors; /* a tree of struct anchor, by name: tsearch(3) */
	struct node *root;
	size_t values, expanded;
	unsigned documents;
	bool faulty;
};

static struct place place_of(const struct parse *p, yaml_mark_t mark)
{
	return (struct place){ p->file, (unsigned)mark.line + 1,
		(unsigned)mark.column + 1 };
}

#define fault(p, at, ...)                                                      \
	((p)->faulty = true,                                                   \
	    faults_add((p)->faults, SEVERITY_FAULT, (at), NULL, __VA_ARGS__))

static struct node *new_node(
    struct parse *p, enum node_kind kind, yaml_mark_t mark)
{
	struct node *n = arena_alloc(p->arena, sizeof(*n));

	n->kind = kind;
	n->at = place_of(p, mark);
	p->values++;
	return n;
}

static void push(struct parse *p, struct frame *f, struct node *value)
{
	struct node *n = f->node;

	if (n->count == f->room) {
		size_t room = f->room == 0 ? 4 : f->room * 2;
		size_t old = n->count * sizeof(struct node *);
		struct node **items =
		    arena_array(p->arena, room, sizeof(*items));
		struct node **keys = arena_array(p->arena, room, sizeof(*keys));

		if (old > 0)
			memcpy(items, n->items, old);
		if (old > 0 && n->kind == NODE_MAP)
			memcpy(keys, n->keys, old);
		n->items = items;
		n->keys = keys;
		f->room = room;
	}
	n->items[n->count] = value;
	n->keys[n->count] = f->key;
	n->count++;
}

/* Hang a value, or a key, below the innermost container. */
static int attach(struct parse *p, struct node *value, size_t weight)
{
	struct frame *f;

	if (p->depth == 0) {
		p->root = value;
		return 0;
	}
	f = &p->frames[p->depth - 1];
	f->weight += weight;
	if (f->node->kind == NODE_LIST || f->key != NULL) {
		push(p, f, value);
		f->key = NULL;
	} else if (value->kind == NODE_SCALAR) {
		f->key = value;
	} else {
		fault(p, value->at,
		    "a key is a single word here, not a list or a map");
		return -1;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A later anchor of the same name takes the place of the earlier one. */
static struct anchor *new_anchor(
    struct parse *p, const yaml_char_t *name, const struct node *n)
{
	struct anchor *anchor;
	struct anchor **slot;

	if (name == NULL)
		return NULL;
	anchor = arena_alloc(p->arena, sizeof(*anchor));
	anchor->name = arena_string(p->arena, (const char *)name);
	anchor->node = n;
	slot = tsearch(anchor, &p->anchors, by_name);
	assert(slot != NULL);
	*slot = anchor;
	return anchor;
}

static void check_tag(struct parse *p, const struct node *n, const void *tag)
{
	char quoted[QUOTE_MAX];

	if (tag == NULL)
		return;
	quote_text(tag, quoted);
	fault(p, n->at,
	    "the tag %s means nothing here: every value is taken as it is "
	    "written",
	    quoted);
}

static int on_start(struct parse *p, enum node_kind kind, yaml_mark_t mark,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct node *n = new_node(p, kind, mark);

	check_tag(p, n, tag);
	if (p->depth == DEPTH_MAX) {
		fault(p, n->at, "nested more than %d deep", DEPTH_MAX);
		return -1;
	}
	if (attach(p, n, 0) != 0)
		return -1;
	p->frames[p->depth++] = (struct frame){
		.node = n,
		.anchor = new_anchor(p, anchor, n),
		.weight = 1,
	};
	return 0;
}

static void on_end(struct parse *p)
{
	struct frame *f = &p->frames[--p->depth];

	if (f->anchor != NULL)
		f->anchor->weight = f->weight;
	if (p->depth > 0)
		p->frames[p->depth - 1].weight += f->weight;
}

/* The first control byte of a text, C1 ones too; len where there is none. */
static size_t find_control(const unsigned char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] == 0x7f ||
		    (text[i] == 0xc2 && i + 1 < len && text[i + 1] < 0xa0))
			break;
	return i;
}

static int on_scalar(struct parse *p, const yaml_event_t *event)
{
	const yaml_char_t *text = event->data.scalar.value;
	size_t len = event->data.scalar.length;
	size_t control = find_control(text, len);
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct node *n = new_node(p, NODE_SCALAR, event->start_mark);
	struct anchor *anchor;

	check_tag(p, n, event->data.scalar.tag);
	n->text = arena_copy(p->arena, text, len);
	n->plain_null = plain && (len == 0 || strcmp(n->text, "~") == 0);
	if (control < len && text[control] == '\n')
		fault(p, n->at, "a value must be on one line");
	else if (control < len)
		fault(p, n->at, "a value holds a control byte (0x%02x)",
		    text[control] == 0xc2 ? text[control + 1] : text[control]);
	anchor = new_anchor(p, event->data.scalar.anchor, n);
	if (anchor != NULL)
		anchor->weight = 1;
	return attach(p, n, 1);
}

static int on_alias(struct parse *p, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct place at = place_of(p, event->start_mark);
	struct anchor wanted = { .name = name };
	struct anchor *const *found = tfind(&wanted, &p->anchors, by_name);
	struct node *n = new_node(p, NODE_SCALAR, event->start_mark);

	n->text = "";
	if (found == NULL) {
		fault(p, at,
		    "*%s refers to an anchor &%s that does not stand before "
		    "it: is \"*%s\" in quotation marks meant?",
		    name, name, name);
		return attach(p, n, 1);
	}
	if ((*found)->weight == 0) {
		fault(p, at, "*%s stands inside of what it refers to", name);
		return -1;
	}
	p->expanded += (*found)->weight;
	if (p->expanded > EXPANDED_MAX + p->values * EXPANDED_PER_VALUE) {
		fault(p, at,
		    "*%s: with it the aliases of this file stand for %zu "
		    "values, which is too many",
		    name, p->expanded);
		return -1;
	}
	*n = *(*found)->node;
	n->at = at;
	return attach(p, n, (*found)->weight);
}

/* 1: the end; 0: go on; -1: a fault that ends the parse. */
static int on_event(struct parse *p, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (p->documents++ == 0)
			return 0;
		fault(p, place_of(p, event->start_mark),
		    "a second document begins here: a file holds one");
		return -1;
	case YAML_SCALAR_EVENT:
		return on_scalar(p, event);
	case YAML_ALIAS_EVENT:
		return on_alias(p, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(p, NODE_LIST, event->start_mark,
		    event->data.sequence_start.anchor,
		    event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return on_start(p, NODE_MAP, event->start_mark,
		    event->data.mapping_start.anchor,
		    event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_end(p);
		return 0;
	default:
		return event->type == YAML_STREAM_END_EVENT;
	}
}

static void run(struct parse *p)
{
	int result = 0;

	while (result == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(&p->parser, &event)) {
			p->faulty = true;
			yaml_tell(
			    &p->parser, p->bytes, p->len, p->file, p->faults);
			return;
		}
		result = on_event(p, &event);
		yaml_event_delete(&event);
	}
}

static void keep_in_arena(void *anchor)
{
	(void)anchor; /* the arena frees it */
}

const struct node *yaml_parse(const char *bytes, size_t len, const char *file,
    struct arena *a, struct faults *f, const struct node **ret_partial)
{
	static const char bom[3] = { '\xef', '\xbb', '\xbf' };
	struct parse p = { .arena = a, .faults = f, .file = file };

	if (len >= sizeof(bom) && memcmp(bytes, bom, sizeof(bom)) == 0) {
		bytes += sizeof(bom);
		len -= sizeof(bom);
	}
	p.bytes = bytes;
	p.len = len;
	if (!yaml_parser_initialize(&p.parser)) {
		fault(&p, ((struct place){ .file = file }), "no memory");
		goto out;
	}
	yaml_parser_set_encoding(&p.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &p.parser, (const unsigned char *)bytes, len);
	run(&p);
	yaml_parser_delete(&p.parser);
	tdestroy(p.anchors, keep_in_arena);
	if (p.root == NULL && !p.faulty) {
		p.root = new_node(&p, NODE_SCALAR, (yaml_mark_t){ 0 });
		p.root->text = "";
		p.root->plain_null = true;
	}
out:
	if (ret_partial != NULL)
		*ret_partial = p.root;
	return p.faulty ? NULL : p.root;
}

const struct node *node_get(const struct node *n, const char *key)
{
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		if (strcmp(n->keys[i]->text, key) == 0)
			return n->items[i];
	return NULL;
}
