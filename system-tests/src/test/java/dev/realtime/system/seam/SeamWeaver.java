package dev.realtime.system.seam;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntBiFunction;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Weaves {@link SeamCharge} into one class: before each call that is a seam, and before each method that is
 * only referred to. For one class, one thread.
 */
final class SeamWeaver extends ClassVisitor {
    private static final int API = Opcodes.ASM9;
    private static final String CHARGE = "dev/realtime/system/seam/SeamCharge";
    private static final String LAMBDAS = "java/lang/invoke/LambdaMetafactory";

    /** A method that is referred to, and the one that is put in its place. */
    private record Bridge(String name, String descriptor, Handle target, int seam) {}

    private final ToIntBiFunction<String, String> seams;
    private final List<Bridge> bridges = new ArrayList<>();
    private String self;
    private String parent;
    private boolean isInterface;

    private SeamWeaver(ClassVisitor next, ToIntBiFunction<String, String> seams) {
        super(API, next);
        this.seams = seams;
    }

    /**
     * @param seams the number of the seam from a caller ({@code class#method}) to a callee; negative for none
     */
    static byte[] woven(byte[] original, ToIntBiFunction<String, String> seams) {
        ClassReader reader = new ClassReader(original);
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        reader.accept(new SeamWeaver(writer, seams), 0);
        return writer.toByteArray();
    }

    @Override
    public void visit(int version, int access, String name, String signature, String superName, String[] interfaces) {
        self = name;
        parent = superName;
        isInterface = (access & Opcodes.ACC_INTERFACE) != 0;
        super.visit(version, access, name, signature, superName, interfaces);
    }

    @Override
    public MethodVisitor visitMethod(
            int access, String name, String descriptor, String signature, String[] exceptions) {
        MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
        // What fails once for all, or only in a message, is no affair of a stream's.
        return name.equals("<clinit>") || name.equals("toString") ? next : new Calls(next, name);
    }

    @Override
    public void visitEnd() {
        bridges.forEach(this::write);
        super.visitEnd();
    }

    private int seam(String method, String owner, String callee) {
        return owner.startsWith("[") ? -1 : seams.applyAsInt(self + "#" + method, owner + "#" + callee);
    }

    /** A lambda counts as part of the method that it stands in. */
    private static String plain(String method) {
        if (!method.startsWith("lambda$")) {
            return method;
        }
        int end = method.lastIndexOf('$');
        return method.substring("lambda$".length(), end);
    }

    private void write(Bridge bridge) {
        MethodVisitor out = super.visitMethod(
                Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_SYNTHETIC,
                bridge.name,
                bridge.descriptor,
                null,
                null);
        out.visitCode();
        hook(out, bridge.seam);
        Handle target = bridge.target;
        if (target.getTag() == Opcodes.H_NEWINVOKESPECIAL) {
            out.visitTypeInsn(Opcodes.NEW, target.getOwner());
            out.visitInsn(Opcodes.DUP);
        }
        int slot = 0;
        for (Type argument : Type.getArgumentTypes(bridge.descriptor)) {
            out.visitVarInsn(argument.getOpcode(Opcodes.ILOAD), slot);
            slot += argument.getSize();
        }
        out.visitMethodInsn(
                opcode(target), target.getOwner(), target.getName(), target.getDesc(), target.isInterface());
        out.visitInsn(Type.getReturnType(bridge.descriptor).getOpcode(Opcodes.IRETURN));
        out.visitMaxs(0, 0);
        out.visitEnd();
    }

    private static int opcode(Handle target) {
        return switch (target.getTag()) {
            case Opcodes.H_INVOKESTATIC -> Opcodes.INVOKESTATIC;
            case Opcodes.H_INVOKEVIRTUAL -> Opcodes.INVOKEVIRTUAL;
            case Opcodes.H_INVOKEINTERFACE -> Opcodes.INVOKEINTERFACE;
            case Opcodes.H_INVOKESPECIAL, Opcodes.H_NEWINVOKESPECIAL -> Opcodes.INVOKESPECIAL;
            default -> throw new IllegalStateException("not a method: " + target);
        };
    }

    private static void hook(MethodVisitor out, int seam) {
        out.visitLdcInsn(seam);
        out.visitMethodInsn(Opcodes.INVOKESTATIC, CHARGE, "before", "(I)V", false);
    }

    /** The calls of one method. */
    private final class Calls extends MethodVisitor {
        private final String method;

        private Calls(MethodVisitor next, String method) {
            super(API, next);
            this.method = method;
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean itf) {
            boolean makesItself =
                    method.equals("<init>") && name.equals("<init>") && (owner.equals(parent) || owner.equals(self));
            // Whose it is depends on the compiler, and it cannot throw.
            boolean isOfAnyObject = name.equals("getClass");
            int seam = makesItself || isOfAnyObject ? -1 : seam(plain(method), owner, name);
            if (seam >= 0) {
                hook(mv, seam);
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, itf);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle maker, Object... arguments) {
            if (maker.getOwner().equals(LAMBDAS) && maker.getName().equals("metafactory")) {
                Handle target = (Handle) arguments[1];
                int seam = seam(plain(method), target.getOwner(), target.getName());
                if (seam >= 0) {
                    arguments[1] = bridge(target, descriptor, seam);
                }
            }
            super.visitInvokeDynamicInsn(name, descriptor, maker, arguments);
        }

        private Handle bridge(Handle target, String captured, int seam) {
            Type type = Type.getMethodType(target.getDesc());
            List<Type> parameters = new ArrayList<>(List.of(type.getArgumentTypes()));
            Type result = type.getReturnType();
            if (target.getTag() == Opcodes.H_NEWINVOKESPECIAL) {
                result = Type.getObjectType(target.getOwner());
            } else if (target.getTag() != Opcodes.H_INVOKESTATIC) {
                Type[] bound = Type.getArgumentTypes(captured);
                parameters.add(0, bound.length > 0 ? bound[0] : Type.getObjectType(target.getOwner()));
            }
            Bridge bridge = new Bridge(
                    "seam$" + bridges.size(),
                    Type.getMethodDescriptor(result, parameters.toArray(Type[]::new)),
                    target,
                    seam);
            bridges.add(bridge);
            return new Handle(Opcodes.H_INVOKESTATIC, self, bridge.name, bridge.descriptor, isInterface);
        }
    }
}
