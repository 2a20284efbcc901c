/* SPDX-License-Identifier: ISC */

/*
 * What a fetch costs where there is nothing but OpenSSL: the server's side of
 * a full handshake, a request read and an answer written, between memory and
 * memory, with the same settings and the same certificate as the daemon's.
 * Prints the server's side alone, in microseconds of processor time a fetch.
 * usage: floor CERT KEY COUNT
 */

#include <openssl/ssl.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAME "mta-sts.d0.example"

static int64_t served_ns; /* by the server's side alone */

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static SSL_CTX *new_server(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256") != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		errx(2, "OpenSSL does not take %s and %s", cert, key);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static SSL *new_end(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL)
		errx(2, "no memory");
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return ssl;
}

/* What one end wrote is the other's to read. */
static void move(SSL *from, SSL *to)
{
	char bytes[16384];
	int n = BIO_read(SSL_get_wbio(from), bytes, sizeof(bytes));

	if (n <= 0 || BIO_write(SSL_get_rbio(to), bytes, n) != n)
		errx(2, "an end has nothing to say");
}

static void fetch(SSL_CTX *server_ctx, SSL_CTX *client_ctx)
{
	static const char asked[] = "GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
	                            "Host: " NAME "\r\n\r\n";
	char bytes[512] = { 0 };
	SSL *client = new_end(client_ctx), *server;
	int64_t begin;

	SSL_set_connect_state(client);
	(void)SSL_set_tlsext_host_name(client, NAME);
	(void)SSL_do_handshake(client);

	begin = now_ns();
	server = new_end(server_ctx);
	SSL_set_accept_state(server);
	move(client, server);
	(void)SSL_do_handshake(server);
	served_ns += now_ns() - begin;

	move(server, client);
	if (SSL_do_handshake(client) != 1 ||
	    SSL_write(client, asked, sizeof(asked) - 1) <= 0)
		errx(2, "no handshake");
	begin = now_ns();
	move(client, server);
	if (SSL_do_handshake(server) != 1 ||
	    SSL_read(server, bytes, sizeof(bytes)) != sizeof(asked) - 1 ||
	    SSL_write(server, bytes, 300) != 300)
		errx(2, "no request");
	(void)SSL_shutdown(server); /* one way; the peer is not waited for */
	SSL_free(server);
	served_ns += now_ns() - begin;
	SSL_free(client);
}

int main(int argc, char *argv[])
{
	SSL_CTX *server, *client = SSL_CTX_new(TLS_client_method());
	long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;

	if (count < 1 || client == NULL)
		errx(2, "usage: floor CERT KEY COUNT");
	server = new_server(argv[1], argv[2]);
	for (long i = 0; i < count; i++)
		fetch(server, client);
	printf("%.1f\n", (double)served_ns / (double)count / 1e3);
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	return 0;
}
