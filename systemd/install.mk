# SPDX-License-Identifier: ISC
# make install, uninstall, deb, image. What is installed stands in two tables, as
# MODE:FILE:PLACE, so that uninstall takes away what install puts, no more.
# DESTDIR goes before every place.

PREFIX ?= /usr/local
sbindir := $(PREFIX)/sbin
bindir := $(PREFIX)/bin
mandir := $(PREFIX)/share/man
libdir := $(PREFIX)/lib
docdir := $(PREFIX)/share/doc/mta-stsd
unitdir := $(libdir)/systemd/system
# Where the programs look for it, whatever PREFIX is.
CONFIG := /etc/mta-stsd
CONFIGS := mta-stsd.yaml providers.yaml

# The programs find each other by way of ../bin and ../lib/mta-stsd.
FILES := \
    755:$(B)/mta-stsd:$(sbindir)/mta-stsd \
    755:$(B)/mta-stsctl:$(bindir)/mta-stsctl \
    755:certs/uacme-hook:$(libdir)/mta-stsd/uacme-hook \
    644:server/mta-stsd.8:$(mandir)/man8/mta-stsd.8 \
    644:ctl/mta-stsctl.1:$(mandir)/man1/mta-stsctl.1 \
    644:conf/mta-stsd.yaml.5:$(mandir)/man5/mta-stsd.yaml.5 \
    644:ctl/mta-stsctl.bash:$(PREFIX)/share/bash-completion/completions/mta-stsctl \
    644:README.md:$(docdir)/README.md \
    644:SECURITY.md:$(docdir)/SECURITY.md \
    644:systemd/bind.conf:$(docdir)/bind.conf \
    644:conf/mta-stsd.rules.yml:$(docdir)/examples/mta-stsd.rules.yml \
    $(foreach f,$(CONFIGS),644:conf/$f:$(docdir)/examples/$f)
UNITS := \
    $(foreach f,mta-stsd.service mta-stsd.socket mta-stsd-verify.service \
    mta-stsd-verify.timer,644:systemd/$f:$(unitdir)/$f) \
    644:systemd/mta-stsd.sysusers:$(libdir)/sysusers.d/mta-stsd.conf \
    644:systemd/mta-stsd.tmpfiles:$(libdir)/tmpfiles.d/mta-stsd.conf
MOVED := -e 's,/usr/sbin/mta-stsd,$(sbindir)/mta-stsd,g' \
    -e 's,/usr/bin/mta-stsctl,$(bindir)/mta-stsctl,g' \
    -e 's,/usr/lib/mta-stsd,$(libdir)/mta-stsd,g'
each = set -e; for f in $(FILES) $(UNITS); do \
    IFS=:; set -- $$f; unset IFS; mode=$$1 file=$$2 to="$(DESTDIR)$$3"

.PHONY: install uninstall
#: install  programs, manuals, units below PREFIX (/usr/local) and DESTDIR
#: uninstall        what install put there, but no configuration
install: all
	@$(each); \
	    install -D -m $$mode $$file "$$to"; \
	    case $$file in systemd/*) sed -i $(MOVED) "$$to" ;; esac; \
	done
	@for f in $(CONFIGS); do to="$(DESTDIR)$(CONFIG)/$$f"; \
	    if [ -e "$$to" ] || [ -L "$$to" ]; \
	    then echo "left as it is: $$to"; \
	    else install -D -m 644 conf/$$f "$$to" || exit 1; fi; done
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || printf '%s\n' \
	    'Nothing has been started. With systemd, the next commands are' \
	    '  systemd-sysusers mta-stsd.conf' \
	    '  systemd-tmpfiles --create mta-stsd.conf' \
	    '  systemctl daemon-reload' \
	    '  systemctl enable --now mta-stsd.socket mta-stsd'

uninstall:
	@! ls /etc/systemd/system/*.wants/mta-stsd* >/dev/null 2>&1 || \
	    [ -n "$(DESTDIR)" ] || { echo 'it is enabled; before this:' \
	    'systemctl disable --now mta-stsd.socket mta-stsd' \
	    mta-stsd-verify.timer >&2; exit 1; }
	@$(each); rm -f "$$to"; done
	@for d in $(docdir)/examples $(docdir) $(libdir)/mta-stsd; do \
	    [ ! -d "$(DESTDIR)$$d" ] || \
	    rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$d" || exit 1; done
	@echo 'left as they are: $(DESTDIR)$(CONFIG),' \
	    'and the state, certificates and keys (/var/lib/mta-stsd)'

DEB_PACKAGES := debhelper dpkg-dev
need-deb deps: NEED += $(DEB_PACKAGES)
need-deb:
	@tests/need $(BUILD_PACKAGES) $(NEED)

# Built anew, in a copy that has debian/ where Debian's tools look for it.
STAGE := build/deb/mta-stsd-$(VERSION)
.PHONY: deb need-deb
#: deb      a Debian package, build/deb/mta-stsd_*.deb
deb: need-deb
	@rm -rf build/deb && mkdir -p $(STAGE)
	@cp -a Makefile README.md SECURITY.md server ctl conf certs systemd $(STAGE)
	@mv $(STAGE)/systemd/debian $(STAGE)/debian
	@for f in service socket sysusers tmpfiles; do \
	    cp systemd/mta-stsd.$$f $(STAGE)/debian/ || exit 1; done
	@for f in service timer; do cp systemd/mta-stsd-verify.$$f \
	    $(STAGE)/debian/mta-stsd.mta-stsd-verify.$$f || exit 1; done
	@sed -i '1s/VERSION/$(VERSION)/' $(STAGE)/debian/changelog
	@cd $(STAGE) && dpkg-checkbuilddeps -I && \
	    env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u MFLAGS -u PREFIX \
	    DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -d -uc -us
	@ls build/deb/*.deb

.PHONY: image
#: image    the container image mta-stsd, by podman or docker
image:
	@BUILDAH_FORMAT=docker \
	    $$(command -v podman || command -v docker) build -t mta-stsd .

# In roots made for it, so that what is on this machine is of no matter.
need-packages: NEED += bats mmdebstrap
need-packages:
	@tests/need $(NEED)

.PHONY: packages need-packages
#: packages         the package made, installed, removed on Debian 12 and 13
packages: need-packages
	@mkdir -p $(B) && tests/run $(B) packages
