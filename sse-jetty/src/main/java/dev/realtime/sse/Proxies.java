package dev.realtime.sse;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The proxies whose {@code X-Forwarded-For}, {@code -Proto}, {@code -Host} and {@code -Prefix} are believed. Anybody can send
 * those headers, so without one of them in front the connection itself counts. Immutable.
 */
public final class Proxies {
    /** Nobody is believed. */
    public static final Proxies NONE = new Proxies(List.of(), null);

    private static final int IPV6_BYTES_COUNTED = 8;
    private static final Pattern RANGE = Pattern.compile("([0-9A-Fa-f:.]+)(?:/([0-9]{1,3}))?");
    /** An address, perhaps with a port: {@code 1.2.3.4}, {@code 1.2.3.4:5}, {@code 2001:db8::1}, {@code [2001:db8::1]:5}. */
    private static final Pattern FORWARDED = Pattern.compile(
            "(?<v4>[0-9]{1,3}(?:\\.[0-9]{1,3}){3})(?::[0-9]{1,5})?|\\[(?<port6>[0-9A-Fa-f:.]+)](?::[0-9]{1,5})?|(?<v6>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)");

    private final List<Range> trusted;
    private final @Nullable PathPrefix prefix;

    /** The addresses that begin with so many bits of one. */
    private static final class Range {
        private final byte[] network;
        private final int bits;

        private Range(byte[] network, int bits) {
            this.network = network;
            this.bits = bits;
        }

        boolean contains(byte[] address) {
            if (address.length != network.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                if ((address[bit / 8] & mask) != (network[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    private Proxies(List<Range> trusted, @Nullable PathPrefix prefix) {
        this.trusted = trusted;
        this.prefix = prefix;
    }

    /**
     * Trusts the proxies at these addresses.
     *
     * @param ranges each an address or a range of them in CIDR form: {@code 10.0.0.0/8}, {@code fd00::/8}; no names
     * @throws IllegalArgumentException if one is not
     */
    public static Proxies of(Collection<String> ranges) {
        List<Range> trusted = new ArrayList<>();
        for (String range : ranges) {
            Matcher form = RANGE.matcher(range);
            byte[] network = form.matches() ? literal(form.group(1)) : null;
            int bits = network == null || form.group(2) == null ? -1 : Integer.parseInt(form.group(2));
            if (network == null || bits > network.length * 8) {
                throw new IllegalArgumentException(
                        "'" + range + "' is not an address or a range of them, such as 10.0.0.0/8");
            }
            trusted.add(new Range(network, bits < 0 ? network.length * 8 : bits));
        }
        return new Proxies(List.copyOf(trusted), null);
    }

    /** The same, before which this path stands outside, whatever they say. */
    public Proxies taking(PathPrefix prefix) {
        return new Proxies(trusted, prefix);
    }

    /**
     * Who is counted: the address that the nearest proxy which is not trusted, or the client itself, came from. Of an IPv6
     * address its first 64 bits, because a client has all of those.
     */
    public String clientAddress(HttpServletRequest request) {
        byte[] nearest = literal(String.valueOf(request.getRemoteAddr()).replaceAll("[\\[\\]]", ""));
        if (nearest == null) {
            return String.valueOf(request.getRemoteAddr());
        }
        List<String> hops = new ArrayList<>();
        for (String header : Collections.list(request.getHeaders("X-Forwarded-For"))) {
            hops.addAll(Arrays.asList(header.split(",", -1)));
        }
        for (int i = hops.size() - 1; i >= 0 && isTrusted(nearest); i--) {
            byte[] next = forwarded(hops.get(i).strip());
            if (next == null) {
                break;
            }
            nearest = next;
        }
        return shown(nearest);
    }

    /** Whether the client came by TLS: here, or as a trusted proxy says ({@code X-Forwarded-Proto}, its last word). */
    public boolean cameByTls(HttpServletRequest request) {
        if (request.isSecure()) {
            return true;
        }
        List<String> said = said(request, "X-Forwarded-Proto");
        return !said.isEmpty() && said.get(said.size() - 1).equalsIgnoreCase("https");
    }

    /** The hosts, perhaps with ports, that the client has asked for, as a trusted proxy says ({@code X-Forwarded-Host}). */
    List<String> hosts(HttpServletRequest request) {
        return said(request, "X-Forwarded-Host");
    }

    /**
     * What stands before the request's path outside: as it was set, else as a trusted proxy says ({@code
     * X-Forwarded-Prefix}; each proxy that takes something away adds its part). What is no such path counts for nothing.
     */
    public PathPrefix pathPrefix(HttpServletRequest request) {
        return prefix != null ? prefix : PathPrefix.ofParts(said(request, "X-Forwarded-Prefix"));
    }

    /** What the nearest proxy says in these headers, if it is trusted; nothing else. */
    private List<String> said(HttpServletRequest request, String header) {
        byte[] nearest = literal(String.valueOf(request.getRemoteAddr()).replaceAll("[\\[\\]]", ""));
        if (nearest == null || !isTrusted(nearest)) {
            return List.of();
        }
        return Collections.list(request.getHeaders(header)).stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::strip)
                .toList();
    }

    private boolean isTrusted(byte[] address) {
        return trusted.stream().anyMatch(range -> range.contains(address));
    }

    private static byte @Nullable [] forwarded(String hop) {
        Matcher form = FORWARDED.matcher(hop);
        if (!form.matches()) {
            return null;
        }
        String v4 = form.group("v4");
        String v6 = form.group("v6") != null ? form.group("v6") : form.group("port6");
        return literal(v4 != null ? v4 : String.valueOf(v6));
    }

    /** Never asks a name server: what has a colon the platform takes for an IPv6 address, or for none. */
    private static byte @Nullable [] literal(String text) {
        if (text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")) {
            return ipv4(text.split("\\."));
        }
        if (!text.matches("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%.*)?")) {
            return null;
        }
        try {
            return InetAddress.getByName(text.replaceAll("%.*", "")).getAddress();
        } catch (UnknownHostException notOne) {
            return null;
        }
    }

    private static byte @Nullable [] ipv4(String[] numbers) {
        byte[] address = new byte[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            int number = Integer.parseInt(numbers[i]);
            if (number > 255) {
                return null;
            }
            address[i] = (byte) number;
        }
        return address;
    }

    private static String shown(byte[] address) {
        try {
            boolean v6 = address.length > 4;
            byte[] counted = v6 ? Arrays.copyOf(Arrays.copyOf(address, IPV6_BYTES_COUNTED), address.length) : address;
            return InetAddress.getByAddress(counted).getHostAddress() + (v6 ? "/64" : "");
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
