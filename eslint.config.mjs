import effect from "@effect/eslint-plugin"
import tseslint from "typescript-eslint"

const barrels = [
  "effect",
  "@effect/platform",
  "@effect/platform-node",
  "@effect/rpc",
  "@effect/cli",
  "@effect/cluster",
  "@effect/sql",
  "@effect/experimental"
]

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/build/**",
      "**/docs/**",
      "**/node_modules/**",
      "**/.tmp/**",
      "**/.tsbuildinfo/**",
      "**/public/**",
      "packages/*/test/fixtures/broken/**"
    ]
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  ...tseslint.configs.recommended.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts", "**/*.mts", "**/*.mjs"],
    languageOptions: { parser: tseslint.parser },
    plugins: { "@effect": effect, "@typescript-eslint": tseslint.plugin },
    rules: {
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force"
        }
      }],
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"], location: "anywhere" }],
      "object-shorthand": "error",
      "no-var": "error",
      "prefer-const": "error",
      "@typescript-eslint/no-unused-vars": ["error", {
        argsIgnorePattern: "^_",
        varsIgnorePattern: "^_",
        caughtErrorsIgnorePattern: "^_",
        destructuredArrayIgnorePattern: "^_"
      }]
    }
  },
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-namespace": "off",
      "@typescript-eslint/no-unsafe-declaration-merging": "off",
      // bounds of type parameters need it; what users see is held to exact types in dtslint
      "@typescript-eslint/no-explicit-any": "off",
      // `pipe() { return pipeArguments(this, arguments) }`
      "prefer-rest-params": "off",
      // generators are the syntax of Effect: one without a yield is one that does not wait yet
      "require-yield": "off"
    }
  },
  {
    // what is published
    files: ["packages/*/src/**/*.ts"],
    rules: {
      "no-console": "error",
      "no-restricted-imports": ["error", {
        paths: barrels.map((name) => ({ name, message: `import the module: import * as X from "${name}/X"` }))
      }],
      "no-restricted-syntax": ["error", {
        selector: "ExportDefaultDeclaration",
        message: "Modules are imported by namespace: name what you export."
      }],
      "max-lines": ["warn", { max: 450, skipComments: true, skipBlankLines: true }],
      "max-lines-per-function": ["warn", { max: 80 }]
    }
  },
  {
    // programs: their output is what they are for
    files: ["packages/*/src/bin/**/*.ts"],
    rules: { "no-console": "off" }
  },
  {
    // tests write what a user could
    files: ["packages/*/test/**/*.ts", "packages/*/dtslint/**/*.ts"],
    rules: { "no-var": "off", "prefer-const": "off", "@typescript-eslint/no-unused-vars": "off" }
  }
)
