package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
    private static final Proxies OURS = Proxies.of(List.of("10.0.0.0/8", "192.0.2.7", "fd00::/8"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "203.0.113.5 | -                                | 203.0.113.5",
                "203.0.113.5 | 198.51.100.1                     | 203.0.113.5",
                "10.1.2.3    | 198.51.100.1                     | 198.51.100.1",
                "10.1.2.3    | 6.6.6.6, 198.51.100.1            | 198.51.100.1",
                "10.1.2.3    | 198.51.100.1, 10.9.9.9           | 198.51.100.1",
                "10.1.2.3    | 198.51.100.1, 192.0.2.7          | 198.51.100.1",
                "10.1.2.3    | 198.51.100.1, 192.0.2.8          | 192.0.2.8",
                "10.1.2.3    | 198.51.100.1:4711                | 198.51.100.1",
                "10.1.2.3    | -                                | 10.1.2.3",
                "10.1.2.3    | unknown                          | 10.1.2.3",
                "10.1.2.3    | evil.example                     | 10.1.2.3",
                "10.1.2.3    | 999.1.1.1                        | 10.1.2.3",
                "10.1.2.3    | 198.51.100.1, , 10.0.0.1         | 10.0.0.1",
                "fd00::1     | 2001:db8:1:2:3:4:5:6             | 2001:db8:1:2:0:0:0:0/64",
                "[fd00::1]   | [2001:db8:1:2:ffff::9]:443       | 2001:db8:1:2:0:0:0:0/64",
                "2001:db8:1:2::1 | 6.6.6.6                      | 2001:db8:1:2:0:0:0:0/64",
            })
    void theNearestWhoIsNotTrustedCounts(String remote, String forwarded, String counted) {
        assertThat(OURS.clientAddress(request(remote, forwarded))).isEqualTo(counted);
    }

    @Test
    void withoutProxiesNobodyIsBelieved() {
        assertThat(Proxies.NONE.clientAddress(request("10.1.2.3", "198.51.100.1")))
                .isEqualTo("10.1.2.3");
    }

    @Test
    void whatIsNoAddressAtAllStandsForItself() {
        assertThat(OURS.clientAddress(request("/run/app.sock", "198.51.100.1"))).isEqualTo("/run/app.sock");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "proxy.example", "10.0.0.0/33", "10.0.0", "fd00::/129", "10.0.0.0/-1", "*", "10.0.0.0/8/8"})
    void whatIsNoRangeIsRefusedByName(String range) {
        assertThatThrownBy(() -> Proxies.of(List.of(range)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + range + "' is not an address or a range");
    }

    private static HttpServletRequest request(String remote, String forwarded) {
        List<String> headers = forwarded == null ? List.of() : Arrays.asList(forwarded);
        return (HttpServletRequest) Proxy.newProxyInstance(
                ProxiesTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getRemoteAddr" -> remote;
                    case "getHeaders" -> Collections.enumeration(headers);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
