package dev.realtime.transport.redis.internal.connect;

import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * When something last came in on the connections of one client: an answer that is long on its way is none that is
 * missing. Thread-safe.
 */
final class Progress implements NettyCustomizer {
    private volatile long heardNanos = System.nanoTime();

    long heardNanos() {
        return heardNanos;
    }

    @Override
    public void afterChannelInitialized(Channel channel) {
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object bytes) {
                heardNanos = System.nanoTime();
                context.fireChannelRead(bytes);
            }
        });
    }
}
